"""Measures over columns; nothing here writes."""
