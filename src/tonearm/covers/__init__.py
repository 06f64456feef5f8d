"""Covers of artists and albums: found at Spotify for what pages show, and kept here, so that pages ask nobody else."""
