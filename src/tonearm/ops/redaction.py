"""What must not be read in a log: secrets, told by their looks or their names, and control characters."""

import re
from collections.abc import Mapping
from typing import Any

HIDDEN = "[redacted]"
_DEEPEST = 6
_LONGEST, _LONGEST_READ = 4_000, 40_000

# What this instance was given as a secret, the longest first; see `learn`.
_LEARNT: list[str] = []
_SHORTEST_LEARNT = 8

# Names of what is secret. What only counts or identifies one is not: `key_id`, `token_count`.
_SENSITIVE = frozenset(
    {
        "authorization",
        "auth",
        "bearer",
        "cookie",
        "cookies",
        "credential",
        "credentials",
        "dsn",
        "jwt",
        "key",
        "keys",
        "nonce",
        "otp",
        "passcode",
        "passphrase",
        "passwd",
        "password",
        "passwords",
        "pwd",
        "secret",
        "secrets",
        "session",
        "sessions",
        "sid",
        "signature",
        "token",
        "tokens",
        "verifier",
    }
)
_HARMLESS_ENDINGS = frozenset(
    {"id", "ids", "at", "count", "seconds", "days", "error", "name", "names"}
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

# Each of these takes no longer than the text is long: a stranger chooses what is in it.
_QUOTED = r"""b?"(?:[^"\\]|\\.)*"|b?'(?:[^'\\]|\\.)*'"""
_BY_VALUE = (
    # Ours: keys and every other secret with a prefix.
    (re.compile(r"\btn[a-z]{2}_[\w.-]+"), HIDDEN),
    # JSON Web Tokens, whole or with their end cut off.
    (re.compile(r"\beyJ[\w-]{5,}(?:\.[\w-]*)*"), HIDDEN),
    # Headers that prove who somebody is, to the end of the line or the quotation.
    (
        re.compile(
            r"""(?i)\b((?:proxy-)?authorization|(?:set-)?cookie)\b(["']?\s*[:=,]\s*)"""
            rf"""({_QUOTED}|[^\r\n"']+)"""
        ),
        rf"\1\2{HIDDEN}",
    ),
    (
        re.compile(r"(?i)\b(bearer|basic|digest|negotiate|dpop)\s+(?!realm)[\w.~+/=:-]{4,}"),
        rf"\1 {HIDDEN}",
    ),
    # User and password of an address; bounded, since it is looked for after each `://`.
    (re.compile(r"""(?<=://)[^\s"'<>]{0,1000}@"""), f"{HIDDEN}@"),
    # What a query string says, whatever it is called.
    (re.compile(r"""([?&][\w.\[\]-]+=)[^&\s"'<>]+"""), rf"\1{HIDDEN}"),
    # What passwords are kept as.
    (re.compile(r"\$argon2\w*\$[^\s\"']+"), HIDDEN),
    # Random texts as secrets are made of: base64 with both cases, or hexadecimal.
    (re.compile(r"(?<![\w-])(?=[\w-]*[A-Z])(?=[\w-]*[a-z])[\w-]{40,}(?![\w-])", re.ASCII), HIDDEN),
    (re.compile(r"\b[0-9a-fA-F]{40,}\b"), HIDDEN),
)
# Said by name: password=…, "token": "…", api_key: …
_NAME = re.compile(r"""(?<![\w-])([\w-]++)["']?\s*(?:=(?!=)|:)\s*""")
# A part of a value may have been told by its looks, and the rest is no less secret for that.
_TOLD = re.escape(HIDDEN)
_VALUE = re.compile(rf"""{_QUOTED}|(?:{_TOLD}|[^\s,;&"'(){{}}\[\]])+""")
_PHRASE = re.compile(rf"""{_QUOTED}|(?:{_TOLD}|[^\r\n,;&"'(){{}}\[\]])+""")


def learn(*secrets: str) -> None:
    """Hide these texts from now on, wherever they stand; those too short to be told from words are left alone."""
    known = {*_LEARNT, *(secret for secret in secrets if len(secret) >= _SHORTEST_LEARNT)}
    _LEARNT[:] = sorted(known, key=len, reverse=True)


def redacted(text: str) -> str:
    """Give a text without the secrets that are known, or can be told by their looks or their names."""
    for secret in _LEARNT:
        text = text.replace(secret, HIDDEN)
    for pattern, replacement in _BY_VALUE:
        text = pattern.sub(replacement, text)
    parts: list[str] = []
    place = 0
    for found in _NAME.finditer(text):
        if found.start() >= place and names_secret(found[1]):
            # A passphrase may hold blanks.
            pattern = _PHRASE if "pass" in found[1].lower() else _VALUE
            value = pattern.match(text, found.end())
            if value is not None:
                parts += [text[place : found.end()], HIDDEN]
                place = value.end()
    return "".join([*parts, text[place:]])


def names_secret(name: str) -> bool:
    """Tell whether what goes by this name is a secret."""
    words = [word.lower() for word in _WORD.findall(name)]
    return bool(words) and words[-1] not in _HARMLESS_ENDINGS and not _SENSITIVE.isdisjoint(words)


def plain(text: str) -> str:
    """Give a text in which every character that a terminal or a reader of lines would obey is written out."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def redact(_logger: object, _method: str, event: Mapping[str, Any]) -> dict[str, Any]:
    """Make a log entry fit to be read: a processor of structlog, the last before the renderer."""
    return {
        plain(redacted(name)): _lines(value)
        if name in {"exception", "stack"} and isinstance(value, str)
        else _shown(name, value)
        for name, value in event.items()
    }


def _shown(name: str, value: Any, depth: int = 0) -> Any:  # noqa: ANN401 - whatever is logged
    if value is None or isinstance(value, bool | int | float):
        return value
    if names_secret(name):
        return HIDDEN
    if isinstance(value, Mapping) and depth < _DEEPEST:
        return {
            plain(redacted(str(key))): _shown(str(key), inner, depth + 1)
            for key, inner in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset) and depth < _DEEPEST:
        return [_shown("", inner, depth + 1) for inner in value]
    # Cut twice: what is never shown need not be searched, and a secret cut in half could not be told.
    text = redacted((value if isinstance(value, str) else repr(value))[:_LONGEST_READ])
    return plain(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")


def _lines(text: str) -> str:
    """Give a traceback, each line of it indented, so that none can look like an entry of its own."""
    return "\n".join(f"  {plain(line)}" for line in redacted(text).split("\n"))
