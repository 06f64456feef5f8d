"""What rooms below the pages say in English, and pages tell in the language of who reads them."""

from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

from tonearm.accounts import oidc_errors
from tonearm.domain.events import EventName
from tonearm.domain.vocabulary import Flaw, GapReason, Role, Scope
from tonearm.history.shared import SharedView
from tonearm.spotify import wording
from tonearm.web.faults import KINDS
from tools.translations.python_source import refused

SOURCE = Path(__file__).parents[2] / "src" / "tonearm"
# Modules whose errors no page shows: those of programs, of whoever starts Tonearm, and reasons for the log.
_NOT_ON_PAGES = (
    "api", "bootstrap", "cli", "jobs", "mcp", "notifications", "ops", "simulator", "storage", "testing",
    "accounts/audit.py", "accounts/key_file.py", "accounts/oidc.py", "accounts/oidc_provider.py",
    "accounts/oidc_tokens.py", "accounts/identities.py", "accounts/signing.py", "accounts/tokens.py",
    "collector/rows.py", "history/adding.py", "history/liked.py", "history/polls.py", "importers/clearing.py",
    "importers/following.py", "importers/leaving.py", "insights/insights.py", "live/making.py", "spotify/asking.py",
    "spotify/calling.py", "spotify/ids.py", "spotify/pacing.py", "spotify/player.py", "spotify/playlists.py",
    "spotify/recent.py", "spotify/refusals.py", "spotify/search.py", "ui", "web/basic.py", "web/callers.py",
    "web/idempotency.py", "web/metrics.py", "web/oauth.py",
)  # fmt: skip
_COMPOSED = (
    # insights/charts/completeness.py
    "No export covers {span}.",
    "No export covers {span}, and {why}.",
    "No export covers {span}. Import {number} has nothing there, but {flaw}.",
    "No export covers {span}, and {why}. Import {number} has nothing there, but {flaw}.",
    "Import a newer extended history.",
    "Import the whole ZIP of that export again, or a newer extended history.",
    "Import an extended history: it reaches back to the first play.",
    # history/coverage.py
    "{file} was not read to its end",
    "number {number} of the files {series} is missing",
    "account data can leave out whole weeks",
    "its files do not have Spotify's names, so that nothing tells whether one is missing",
    # history/shares.py
    "{view} is about one {item}: give its number.",
    "{view} is about no single item: leave the number out.",
    # the notes of importers on files
    "The file is cut off: what came before the cut was read.",
    "A row is larger than {size} MB: reading ended there.",
    "There is more behind the end of the list; it was not read.",
    # accounts/identities.py
    "This is the only way into your account. Set a password first, then unlink it.",
    "There is no identity {number}.",
    # insights/insights.py
    "There is no {item} {number} in this history.",
    # web/callers.py
    "This needs the role {role}; yours is {own}. Ask whoever runs this Tonearm.",
    # web/errors.py
    "There is nothing at this address.",
    "This address does not take {method}; it takes {allowed}.",
    "`{name}` is required.",
    "`{name}` is not known here.",
    "`{name}` is not known here; allowed: {known}.",
    "The body must be JSON: {error}.",
    "`{name}`: {message} ({sent} sent).",
    # web/faults.py: what was sent
    "'{value}' was",
    "'{value}' and '{other}' were",
    "a text was",
    "true or false was",
    "an integer was",
    "a number was",
    "a list was",
    "an object was",
    "null was",
    "something else was",
    # web/faults.py, and what fields of ours say themselves
    "'{some}' or '{last}'",
    "must be a whole number from {least} to {most}",
    "does not fit: {description}",
    # web/strict.py
    "must be given once",
    "must be text that has a form in UTF-8; a lone surrogate has none",
    "must not be null; leave it out, and it stays as it is",
    "must be an instant with its offset, such as 2024-03-31T01:00:00Z",
    "must be a day, YYYY-MM-DD",
    # insights/question.py
    "It is one of {allowed}.",
    "It is a whole number from {least} to {most}.",
    # web/oauth.py, where somebody is asked whether a program may come in
    "Programs are not let in here: TONEARM_OAUTH is off.",
    "A parameter was sent more than once.",
    "Too many parameters were sent.",
    # accounts/oauth_redirects.py
    "name 1 to {number} addresses to which answers may go",
    (
        "an address must be https, or http of 127.0.0.1, [::1] or localhost, or that of an app such as "
        "org.example.app:/answer, without user, fragment or blanks, and have at most {longest} characters"
    ),
    # accounts/oauth_documents.py
    "lies at an address that Tonearm does not read from: {reason}",
    "a port other than 443",
    "not a public one",
    "cannot be read right now; try again later",
    "is not there: its server answers {status}",
    "does not come as application/json",
    "must lie at an https address with a path, without user, fragment, or `.` and `..` in it",
    "must lie at an https address",
    "is not JSON",
    "does not name its own address as `client_id`",
    "asks for a way to prove itself that is not offered here; `none` is",
    "has no list of `redirect_uris`",
    # ui
    "There is no key {number}.",
    "Choose one of the offered assistants, which take a key.",
    "Choose one of the offered times.",
    "The two passwords differ. Type them again.",
    "From and to must both be days, such as 2024-03-04.",
    # ui/pixels.py
    "This picture is too large to be made of pixels. Take it as SVG, or choose a shorter range.",
    "Too many pictures are being made at the moment. Try again shortly.",
    "The picture could not be made. Take it as SVG.",
    "{name} must be one of {allowed}.",
    "A role is one of {roles}.",
    "There is no chart of this name as {form}.",
    "Share {number} is no picture.",
)
_STATUSES = (400, 401, 403, 404, 405, 408, 409, 413, 421, 422, 429, 500, 502, 503)


def list_told() -> list[str]:
    """Give all of it, in a steady order, each once."""
    return list(dict.fromkeys(_told()))


def _told() -> Iterator[str]:
    for path in sorted(SOURCE.rglob("*.py")):
        place = path.relative_to(SOURCE).as_posix()
        if not place.startswith(_NOT_ON_PAGES):
            yield from refused(path.read_text(encoding="utf-8"))
    for words in (Role, Scope, GapReason, EventName, SharedView):
        yield from (word.meaning for word in words)
    yield from (flaw.label for flaw in Flaw if flaw is not Flaw.NONE)
    yield from (error.sentence for error in oidc_errors.OidcError.__subclasses__())
    yield from wording.SENTENCES.values()
    yield from (HTTPStatus(status).phrase for status in _STATUSES)
    yield from KINDS.values()
    yield from _COMPOSED
