"""What is planted into a log never comes out of it."""

import base64
import io
import json
import logging
import string
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from tonearm.ops import redaction
from tonearm.ops.logging import configure_logging
from tonearm.ops.redaction import HIDDEN, learn, names_secret, plain, redacted

_LOGGER = structlog.get_logger("tests.redaction")
_PLAIN = string.ascii_letters + string.digits
_URL_SAFE = _PLAIN + "-_"


def _random(alphabet: str, least: int, most: int) -> st.SearchStrategy[str]:
    return st.text(alphabet, min_size=least, max_size=most)


def _base64(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


API_KEYS = _random(_URL_SAFE, 20, 60).map(lambda text: f"tnrm_{text}")
REFRESH_TOKENS = st.tuples(_random(_URL_SAFE, 12, 43), _random(_URL_SAFE, 12, 43)).map(
    lambda halves: f"tnrf_{halves[0]}.{halves[1]}"
)
JWTS = st.tuples(_random(_PLAIN, 1, 40), _random(_URL_SAFE, 20, 90)).map(
    lambda parts: f"{_base64(json.dumps({'alg': parts[0]}))}.{_base64(parts[0])}.{parts[1]}"
)
SESSION_TOKENS = _random(_URL_SAFE, 43, 43).filter(
    lambda text: any(map(str.isupper, text)) and any(map(str.islower, text))
)
HEX_SECRETS = _random("0123456789abcdef", 64, 64)
PASSWORDS = _random(_PLAIN + "!$%*+-._~^", 8, 40)
PASSPHRASES = st.lists(_random(_PLAIN, 3, 8), min_size=2, max_size=5).map(" ".join)

BARE = st.one_of(API_KEYS, REFRESH_TOKENS, JWTS, SESSION_TOKENS, HEX_SECRETS)
NAMED = st.one_of(BARE, PASSWORDS)

Frame = Callable[[str], str]
AROUND_BARE: list[Frame] = [
    lambda secret: secret,
    lambda secret: f"the key {secret} was shown",
    lambda secret: f"({secret!r},)",
    lambda secret: f"/reset/{secret}",
    lambda secret: f"/reset/{secret}?x",
    lambda secret: f'{{"any": "{secret}"}}',
]
AROUND_NAMED: list[Frame] = [
    lambda secret: f"Authorization: Bearer {secret}",
    lambda secret: f"sent Basic {_base64(secret)} and {secret[:0]}nothing else",
    lambda secret: f"[(b'cookie', {('a=b; tonearm_session=' + secret).encode()!r})]",
    lambda secret: f"Set-Cookie: tonearm_session={secret}; Path=/; HttpOnly",
    lambda secret: f"cannot connect to postgresql+psycopg://tonearm:{secret}@db:5432/tonearm",
    lambda secret: f"GET /api/things?code={secret}&state=1",
    lambda secret: f"GET /api/things?a=1&t={secret}",
    lambda secret: f"password={secret}",
    lambda secret: f"smtp_password: {secret}",
    lambda secret: str({"refresh_token": secret, "name": "Ada"}),
    lambda secret: json.dumps({"api_key": secret}),
    lambda secret: f"User(name='Ada', client_secret={secret!r})",
]
LOGGED_NAMES = ["password", "api_key", "X-Api-Key", "refreshToken", "authorization", "cookie"]


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], str]]:
    """Log as the server does; gives what stands on the console and in the file since the last look."""
    folder = tmp_path_factory.mktemp("logs")
    root = logging.getLogger()
    before = root.handlers[:], root.level
    known = structlog.get_config()
    console, sys.stderr = sys.stderr, io.StringIO()
    configure_logging(folder, "debug", console_level="debug")
    shown, sys.stderr = sys.stderr, console
    written = folder / "tonearm.log"

    def read() -> str:
        text = shown.getvalue() + written.read_text(encoding="utf-8")
        shown.seek(0)
        shown.truncate()
        Path(written).write_text("", encoding="utf-8")
        return text

    yield read
    for handler in root.handlers:
        handler.close()
    root.handlers[:], root.level = before[0], before[1]
    structlog.configure(**known)


def _log_everywhere(text: str) -> None:
    _LOGGER.warning(text)
    _LOGGER.warning("seen", value=text, deep={"list": [text]}, thing=_Thing(text))
    logging.getLogger("uvicorn.error").warning("from a library: %s", text)
    try:
        _fail(text)
    except ValueError as error:
        _LOGGER.exception("failed", error=error)
        logging.getLogger("sqlalchemy.engine").exception("failed")


def _fail(text: str) -> None:
    raise ValueError(text)


class _Thing:
    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return f"Thing({self._text})"


@given(secret=BARE, frame=st.sampled_from(AROUND_BARE))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_secret_that_looks_like_one_is_never_logged(
    logs: Callable[[], str], secret: str, frame: Frame
) -> None:
    _log_everywhere(frame(secret))

    text = logs()
    assert secret not in text
    assert HIDDEN in text


@given(secret=NAMED, frame=st.sampled_from(AROUND_NAMED))
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_secret_that_is_called_one_is_never_logged(
    logs: Callable[[], str], secret: str, frame: Frame
) -> None:
    around = frame("")
    assume(secret not in around)

    _log_everywhere(frame(secret))

    text = logs()
    assert secret not in text
    assert _base64(secret) not in text
    assert HIDDEN in text


@given(secret=st.one_of(NAMED, PASSPHRASES), name=st.sampled_from(LOGGED_NAMES))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_value_that_goes_by_a_secret_s_name_is_never_logged(
    logs: Callable[[], str], secret: str, name: str
) -> None:
    _LOGGER.warning("seen", **{name: secret})
    _LOGGER.warning("seen", deep={"list": [{name: secret}]}, raw={name: secret.encode()})
    logging.getLogger("uvicorn.error").warning("headers %s", {name: secret})

    text = logs()
    assert secret not in text
    assert name in text


@settings(deadline=None)
@given(secret=PASSPHRASES)
@example(secret="Bearer 0000 rest")
@example(secret="eyJhbGciOiJIUzI1NiJ9.e30.x rest")
def test_a_passphrase_with_blanks_goes_whole(secret: str) -> None:
    for text in (f"password={secret}", f"password: {secret}", str({"password": secret})):
        assert redacted(text).replace(HIDDEN, "").strip("'{}:= ").endswith("password")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("password", True),
        ("newPassword", True),
        ("key", True),
        ("key_hash", True),
        ("X-Api-Key", True),
        ("Set-Cookie", True),
        ("key_id", False),
        ("monkey", False),
        ("session_days", False),
        ("request_id", False),
        ("code", False),
        ("", False),
    ],
)
def test_names_tell_what_is_secret(name: str, *, expected: bool) -> None:
    assert names_secret(name) is expected


@pytest.mark.parametrize(
    "text",
    [
        "request refused status=400 method=GET path=/api/imports/12",
        "Imported 1,234 rows of Streaming_History_Audio_2023_7.json in 3.2 s",
        "a_long_name_of_a_function_that_nobody_would_take_for_a_secret",
        "3 keys of user 7 were revoked; sessions ended",
        "https://music.example.org/imports/3",
        "KeyError: 'artist'",
        'File "/srv/tonearm/web/gate.py", line 74, in __call__',
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redacted(text) == text


FORGERY = "/x\r\n2026-01-01T00:00:00Z [info     ] user added\x1b[2J\x00\u2028\u202e\x9b1m"


def test_no_text_makes_a_line_or_moves_a_cursor(logs: Callable[[], str]) -> None:
    _LOGGER.warning(FORGERY, path=FORGERY, deep=[{FORGERY: FORGERY}])
    logging.getLogger("uvicorn.error").warning("got %s", FORGERY)
    try:
        _fail(FORGERY)
    except ValueError:
        _LOGGER.exception("failed")

    text = logs()
    assert "user added" in text
    assert not [line for line in text.split("\n") if line.startswith("2026-01-01")]
    for character in ("\r", "\x1b[2J", "\x00", "\u2028", "\u202e", "\x9b"):
        assert character not in text


def test_what_cannot_be_shown_is_written_out() -> None:
    assert plain("a\nb\x1b\u202e\u00e9") == "a\\nb\\x1b\\u202e\u00e9"


def test_the_file_holds_one_object_a_line(logs: Callable[[], str]) -> None:
    logs()
    try:
        _fail(FORGERY)
    except ValueError:
        _LOGGER.exception("failed", path=FORGERY)

    entries: list[dict[str, Any]] = [
        json.loads(line) for line in logs().splitlines() if line.startswith("{")
    ]
    assert [entry["event"] for entry in entries] == ["failed"]
    assert "ValueError" in entries[0]["exception"]


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "part",
    ["a", "a-", "a_", "Aa", "Aa-", "://", "://a@", "eyJ", "eyJaaaaa.", 'key="', "key='\\", "cookie:", 'cookie: "',
     "password=", "bearer ", "?a=", "&a=b", "tnrm_", "f", "$argon2$", "'", '"', "key:'", '="', "b'", " ", "\n"],
)  # fmt: skip
def test_no_text_takes_longer_than_it_is_long(part: str) -> None:
    """Patterns that try again from each place would take half a minute for some of these."""
    redacted(part * (40_000 // len(part)))


def test_a_long_text_is_cut(logs: Callable[[], str]) -> None:
    _LOGGER.warning("seen", path="/" + 'key="' * 50_000)

    assert len(logs()) < 20_000


def test_what_is_known_as_a_secret_is_hidden_however_it_looks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(redaction, "_LEARNT", [])
    plainly = "the client secret is a plain word, and port 5432"
    assert redacted(plainly) == plainly

    learn("plain word", "plain word, and", "5432", "")

    assert redacted(plainly) == f"the client secret is a {HIDDEN} port 5432"
