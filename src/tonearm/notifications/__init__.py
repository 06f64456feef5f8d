"""What people are told: events made into notifications, and the inbox they lie in."""
