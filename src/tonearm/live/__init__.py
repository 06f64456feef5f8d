"""What Spotify is asked at once in a listener's name, by somebody who waits for the answer."""
