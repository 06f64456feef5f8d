"""Every picture there is. One more is one line: a name, a path, and a function of `states.py` if that is not enough."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.screenshots import states
from tools.screenshots.visitor import Visitor

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"


@dataclass(frozen=True, slots=True)
class Look:
    """How a page is looked at: a window of some width, in a theme."""

    size: str
    width: int
    theme: str


LOOKS = tuple(
    Look(size, width, theme)
    for size, width in (("wide", 1280), ("narrow", 390))
    for theme in ("light", "dark")
)
NARROW = tuple(look for look in LOOKS if look.size == "narrow")
WIDE = tuple(look for look in LOOKS if look.size == "wide")


@dataclass(frozen=True, slots=True)
class Shot:
    """One page in one state, taken in some looks.

    `path` says which page it is, as in the address of a browser. `state` brings the page there; without one the path is
    enough. With `part`, a selector, one picture of that part is taken, in light and wide.
    """

    name: str
    path: str
    state: Callable[[Visitor], None] | None = None
    looks: tuple[Look, ...] = LOOKS
    part: str = ""

    def files(self) -> Iterator[tuple[Look, Path]]:
        """Give where its pictures lie."""
        if self.part:
            yield LOOKS[0], FOLDER / f"{self.name}.png"
            return
        for look in self.looks:
            yield look, FOLDER / f"{self.name}-{look.size}-{look.theme}.png"


# On a Tonearm that nobody has set up: one after the other, each goes on where the one before has ended.
FRESH = (
    Shot("setup", "/setup", states.fill_set_up),
    Shot("setup-key", "/setup", states.set_up),
    Shot("empty", "/"),
    Shot("imports-empty", "/imports"),
    Shot("import-preview", "/imports/1", states.preview_import),
    Shot("import-failed", "/imports/2", states.fail_import),
)

# On the demo, by its listener, who owns it: in any order, but for what follows the link to Spotify, which stays.
DEMO = (
    Shot("login", "/login"),
    Shot("login-fault", "/login", states.mistype_password),
    Shot("forgot", "/forgot"),
    Shot("overview", "/"),
    Shot("overview-year", "/?range=2024"),
    Shot("overview-nothing", "/?range=2010"),
    Shot("overview-german", "/?range=2024", states.in_german("/?range=2024")),
    Shot("picker", "/?range=2024", states.open_picker),
    Shot("palette", "/", states.open_palette, looks=WIDE),
    Shot("keyboard", "/", states.open_keys, looks=WIDE),
    Shot("more", "/", states.open_more, looks=NARROW),
    Shot("artists", "/top/artists?range=2024"),
    Shot("artists-later", "/top/artists?range=2024&page=2"),
    Shot("artists-nothing", "/top/artists?range=2010"),
    Shot("albums", "/top/albums?range=2024"),
    Shot("tracks", "/top/tracks?range=2024&by=time"),
    Shot("shows", "/top/shows"),
    Shot("artist", "/artists/1"),
    Shot("album", "/albums/1"),
    Shot("track", "/tracks/1"),
    Shot("show", "/artists/{item_id}", states.open_first("top-shows", "artists")),
    Shot("episode", "/tracks/{item_id}", states.open_first("top-tracks?kind=podcast", "tracks")),
    Shot("history", "/history?range=2024-10"),
    Shot("history-search", "/history?q=blue&range=2024"),
    Shot("history-ticked", "/history?range=2024-10", states.tick_plays),
    Shot("history-nothing", "/history?range=2010"),
    Shot("play", "/plays/1"),
    Shot("patterns", "/patterns?range=2024"),
    Shot("patterns-nothing", "/patterns?range=2010"),
    Shot("year", "/years/2024"),
    Shot("year-nothing", "/years/2010"),
    Shot("month", "/years/2024/12"),
    Shot("compare", "/compare?range=2024&other=2023"),
    Shot("search", "/search?q=blue"),
    Shot("search-nothing", "/search?q=xylophone"),
    Shot("completeness", "/completeness"),
    Shot("imports", "/imports"),
    Shot("import", "/imports/1"),
    Shot("import-undo", "/imports/1/undo"),
    Shot("ledger", "/imports/1/ledger?verdict=duplicate"),
    Shot("inbox", "/inbox"),
    Shot("share-new", "/account/shares/new?view=overview&range=2024"),
    Shot("share-made", "/account/shares", states.make_share),
    Shot("share", "/s/{token}", states.visit_share("overview")),
    Shot("share-year", "/s/{token}", states.visit_share("year")),
    Shot("share-patterns", "/s/{token}", states.visit_share("patterns")),
    Shot("share-picture", "/s/{token}", states.visit_share("year-picture")),
    Shot("share-own", "/account/shares/{number}", states.look_after_share),
    Shot("shares", "/account#shares", states.list_shares),
    Shot("people", "/people", states.invite),
    Shot("person", "/people/{user_id}", states.look_after_person),
    Shot("invitation", "/people", states.make_invitation),
    Shot("register", "/register", states.accept_invitation),
    Shot("reset", "/reset", states.follow_reset),
    Shot("reset-done", "/reset", states.reset_password),
    Shot("account", "/account"),
    Shot("key-made", "/account/keys", states.make_key),
    Shot("key", "/account/keys/{number}", states.look_after_key),
    Shot("keys", "/account#keys", states.list_keys),
    Shot("sessions", "/account#sessions", states.list_sessions),
    Shot("assistants", "/assistants", states.use_assistant),
    Shot("assistants-key", "/assistants/keys", states.make_assistant_key),
    Shot("consent", "/oauth/authorize", states.ask_consent),
    Shot("consent-refused", "/oauth/authorize", states.ask_wrongly),
    *(
        Shot(f"connect-{client}", f"/assistants?for={client}", part=f"#{client}")
        for client in (
            "claude-desktop",
            "claude-code",
            "claude-web",
            "chatgpt-action",
            "chatgpt-connector",
            "cursor",
            "vs-code",
            "codex",
        )
    ),
    Shot("error", "/nothing-here"),
    Shot("offline", "/offline"),
    Shot("api", "/docs", states.open_api),
    Shot("corrections", "/corrections", states.correct),
    Shot("spotify", "/account#spotify", states.link_spotify),
    Shot("permissions", "/account/spotify/permissions", states.see_permissions),
    Shot("covers", "/?range=2024", states.wait_for_covers),
    Shot("cover", "/albums/{item_id}", states.open_covered),
)
SHOTS = (*FRESH, *DEMO)
