"""Where an answer may go: addresses that are exact, and the two exceptions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonearm.accounts.oauth_errors import OAuthError
from tonearm.accounts.oauth_redirects import (
    CHATGPT_ACTIONS,
    allows,
    check_redirects,
    is_app,
    is_loopback,
    target_of,
)

USABLE = (
    "https://claude.ai/api/mcp/auth_callback",
    "https://chatgpt.com/connector/oauth/abc-123",
    "https://app.example.org:8443/answer?tenant=1&x=%20",
    "https://[2001:db8::1]/answer",
    "http://127.0.0.1:33418/",
    "http://127.0.0.1/answer",
    "http://[::1]:9/answer",
    "http://localhost:3000/oauth/callback",
    "cursor://anysphere.cursor-mcp/oauth/callback",
    "org.example.app:/answer",
    CHATGPT_ACTIONS,
)
UNUSABLE = (
    "", "/answer", "//evil.example", "https:", "https://", "https:///x", "answer", "javascript:alert(1)",
    "data:text/html,x", "file:///etc/passwd", "vbscript:x", "blob:https://x/y", "about:blank", "mailto:a@b.c",
    "ms-msdt:/id", "intent://x", "ws://127.0.0.1/", "http://app.example.org/", "http://127.0.0.1.evil.example/",
    "http://127.0.0.2/", "http://0x7f000001/", "https://user@app.example.org/", "http://user:x@127.0.0.1/",
    "https://app.example.org/#part", "https://app.example.org/#", "https://app.example.org:0/",
    "https://app.example.org:99999/", "https://app.example.org:x/", "https://app.example.org/a b",
    "https://app.example.org/\r\nx: y", "https://app.example.org/;x", "https://app.example.org/,x",
    "https://app.example.org/'x'", 'https://app.example.org/"x"', "https://app.example.org\\@evil.example/",
    "https://\u00e4pp.example.org/", "https://app.example.org/" + "x" * 500, "https://chatgpt.com/aip/{x}/oauth/callback",
    "https://*.example.org/",
)  # fmt: skip
CHATGPT = "https://chatgpt.com/aip/g-0f1E-x_9/oauth/callback"


@pytest.mark.parametrize("address", USABLE)
def test_an_address_that_can_be_used(address: str) -> None:
    assert check_redirects([address, address]) == (address,)
    assert allows([address], address) is (address != CHATGPT_ACTIONS)


@pytest.mark.parametrize("address", UNUSABLE)
def test_an_address_that_nobody_is_sent_to(address: str) -> None:
    with pytest.raises(OAuthError):
        check_redirects([address])
    # Not even where it has got into the list somehow.
    assert not allows([address], address)


def test_one_to_ten_are_named() -> None:
    many = [f"https://app.example.org/{number}" for number in range(10)]
    assert check_redirects(many) == tuple(many)
    for wrong in ([], [*many, "https://app.example.org/more"]):
        with pytest.raises(OAuthError):
            check_redirects(wrong)


@given(st.integers(1, 65_535), st.integers(1, 65_535))
def test_of_this_machine_the_port_does_not_count(known: int, given_port: int) -> None:
    for host in ("127.0.0.1", "[::1]", "localhost"):
        registered = [f"http://{host}:{known}/answer"]
        assert allows(registered, f"http://{host}:{given_port}/answer")
        assert allows(registered, f"http://{host}/answer")
        assert not allows(registered, f"http://{host}:{given_port}/answer/")
        assert not allows(registered, f"http://{host}:{given_port}/answer?x=1")
        assert not allows(registered, f"https://{host}:{given_port}/answer")
    assert not allows([f"http://127.0.0.1:{known}/"], f"http://localhost:{known}/")
    assert not allows(["https://app.example.org/"], f"https://app.example.org:{given_port}/")


@given(st.text(alphabet="abg-/.%?#@\\:{} \n0", max_size=40))
def test_a_custom_gpt_is_known_by_its_whole_address(part: str) -> None:
    address = f"https://chatgpt.com/aip/{part}/oauth/callback"
    is_id = part.startswith("g-") and len(part) > 2 and set(part) <= set("abg-0")
    assert allows([CHATGPT_ACTIONS], address) is is_id
    assert allows([CHATGPT_ACTIONS], CHATGPT)
    for other in (
        CHATGPT + "/",
        CHATGPT + "?",
        CHATGPT.replace(".com", ".com:443"),
        CHATGPT.upper(),
    ):
        assert not allows([CHATGPT_ACTIONS], other)


def test_where_an_address_leads_is_told_as_policies_have_it() -> None:
    assert target_of("https://app.example.org:8443/answer?x=1") == "https://app.example.org:8443"
    assert target_of("cursor://anysphere/answer") == "cursor:"
    assert (is_app("cursor://x"), is_app("https://x/"), is_app("http://127.0.0.1/")) == (
        True,
        False,
        False,
    )
    assert (is_loopback("http://localhost:1/"), is_loopback("https://localhost/")) == (True, False)
