"""Snippets for assistants: what is copied is what programs read, whatever an address, a key or a name looks like."""

import json
import shlex

import pytest

from tonearm.ui.assistants import CLIENTS, KEYLESS, Reach, make_snippets, reach_of

ADDRESS = "https://music.example.org/below"
KEY = "tnrm_abc-DEF_123"
NAMES = ("Ada", "Ada Lovelace", "Ada's; rm -rf ~", '"; $(reboot) `x`', "Zoë\\n", "-x")


def text(name: str, *, user: str = "Ada", address: str = ADDRESS) -> str:
    return make_snippets(address, KEY, user)[name].text


@pytest.mark.parametrize(
    ("address", "reach"),
    [
        ("http://127.0.0.1:8000", Reach.MACHINE),
        ("http://localhost:8000", Reach.MACHINE),
        ("https://[::1]:8443", Reach.MACHINE),
        ("http://192.168.1.5:8000", Reach.PLAIN),
        ("http://music.local", Reach.PLAIN),
        ("https://music.example.org", Reach.HTTPS),
    ],
)
def test_an_address_tells_from_where_it_can_be_reached(address: str, reach: Reach) -> None:
    assert reach_of(address) is reach


@pytest.mark.parametrize("user", NAMES)
def test_configurations_are_json_that_names_server_key_and_listener(user: str) -> None:
    here = {"command": "tonearm", "args": ["mcp", "--user", user]}
    elsewhere = json.loads(text("desktop-elsewhere", user=user))["mcpServers"]["tonearm"]
    vs_code = json.loads(text("vs-code", user=user))

    assert json.loads(text("desktop-here", user=user)) == {"mcpServers": {"tonearm": here}}
    assert json.loads(text("vs-code-here", user=user))["servers"]["tonearm"] == {
        "type": "stdio",
        **here,
    }
    assert elsewhere["args"] == ["mcp", "--server", ADDRESS]
    assert elsewhere["env"] == {"TONEARM_API_KEY": KEY}
    assert json.loads(text("cursor", user=user))["mcpServers"]["tonearm"] == {
        "url": f"{ADDRESS}/mcp",
        "headers": {"Authorization": f"Bearer {KEY}"},
    }
    # An editor keeps the key itself.
    assert KEY not in text("vs-code", user=user)
    (asked,) = vs_code["inputs"]
    header = vs_code["servers"]["tonearm"]["headers"]["Authorization"]
    assert header == f"Bearer ${{input:{asked['id']}}}"


@pytest.mark.parametrize("user", NAMES)
def test_commands_are_words_of_a_shell(user: str) -> None:
    here = ["tonearm", "mcp", "--user", user]
    added = shlex.split(text("code-http", user=user))
    exported, *codex = text("codex-http", user=user).split("\n", 1)

    assert shlex.split(text("code-here", user=user)) == [
        "claude",
        "mcp",
        "add",
        "tonearm",
        "--",
        *here,
    ]
    assert shlex.split(text("codex-here", user=user)) == [
        "codex",
        "mcp",
        "add",
        "tonearm",
        "--",
        *here,
    ]
    assert added[-3:] == [f"{ADDRESS}/mcp", "--header", f"Authorization: Bearer {KEY}"]
    assert exported == f"export TONEARM_API_KEY={KEY}"
    assert shlex.split(codex[0])[-4:] == [
        "--url", f"{ADDRESS}/mcp", "--bearer-token-env-var", "TONEARM_API_KEY",
    ]  # fmt: skip
    assert shlex.split(text("curl", user=user))[-1].startswith(f"{ADDRESS}/api/mcp/top?")


def test_what_takes_no_key_is_among_what_can_be_connected() -> None:
    assert CLIENTS.keys() > KEYLESS
    assert len({one.id for one in make_snippets(ADDRESS, KEY, "Ada").values()}) == len(
        make_snippets(ADDRESS, KEY, "Ada")
    )
