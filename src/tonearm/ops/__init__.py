"""What every room may lean on: settings, logging, the clock."""
