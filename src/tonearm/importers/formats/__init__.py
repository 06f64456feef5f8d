"""Drawer: one file a format, each with one constant `FORMAT`."""
