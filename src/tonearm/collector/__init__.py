"""Collects what is played at Spotify, through the links of listeners, and writes down what it could not."""
