"""Tonearm: your whole listening life, on your own machine."""

__version__ = "0.1.0"
