"""Exports in: recognise, read, preview, run, undo."""
