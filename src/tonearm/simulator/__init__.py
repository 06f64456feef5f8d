"""A stand-in for Spotify's accounts service and Web API, with listeners whose truth is known."""
