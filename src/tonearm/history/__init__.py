"""Sightings and plays: the only door to a listener's history."""
