"""Drawer: one file a measure, each with its constant `CHARTS`."""
