"""Spotify's accounts service and Web API, as they are since 2026; knows nothing of where tokens are kept."""
