"""What builds on Tonearm without being part of it."""
