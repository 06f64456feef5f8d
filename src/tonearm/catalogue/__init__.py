"""Tracks, albums and artists as one listener knows them."""
