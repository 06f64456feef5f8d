"""Everything that can be asked of Spotify for one listener."""

from tonearm.spotify.calling import Caller
from tonearm.spotify.catalogue import Catalogue
from tonearm.spotify.library import Library
from tonearm.spotify.player import Player
from tonearm.spotify.playlists import Playlists
from tonearm.spotify.profile import Me
from tonearm.spotify.recent import Recent
from tonearm.spotify.search import Search
from tonearm.spotify.top import Top


class Session:
    """What can be asked of Spotify for one listener; cheap to make, for any number of threads.

    Every method that asks raises SpotifyError: which one says what can be done, and whether waiting helps. It raises
    InvalidInputError, before anything is asked, for what Spotify could not use.
    """

    def __init__(self, caller: Caller) -> None:
        self.me = Me(caller)
        self.recent = Recent(caller)
        self.player = Player(caller)
        self.playlists = Playlists(caller)
        self.library = Library(caller)
        self.catalogue = Catalogue(caller)
        self.search = Search(caller)
        self.top = Top(caller)
