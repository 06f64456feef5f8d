"""Whom a request is from when proxies stand between."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Scope

from tonearm.web.proxies import Proxies
from tonearm.web.scope import header, is_encrypted, is_local

PROXY, OUTER, VISITOR = "10.0.0.1", "10.0.0.2", "203.0.113.7"
TRUSTED = ["10.0.0.0/8", "::1", "127.0.0.1"]


def make_scope(
    headers: list[tuple[str, str]], peer: str = PROXY, host: str = "inner:8420"
) -> Scope:
    pairs = [("host", host), *headers]
    return {
        "type": "http",
        "scheme": "http",
        "client": (peer, 51_000),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in pairs],
    }


def read(
    headers: list[tuple[str, str]], peer: str = PROXY, *, uses_forwarded: bool = False
) -> Scope:
    scope = make_scope(headers, peer)
    Proxies(TRUSTED, uses_forwarded=uses_forwarded).read(scope)
    return scope


def client(scope: Scope) -> str:
    return str(scope["client"][0])


@pytest.mark.parametrize(
    ("forwarded_for", "expected"),
    [
        (VISITOR, VISITOR),
        (f"198.51.100.1, {VISITOR}", VISITOR),
        (f"127.0.0.1, 10.9.9.9, {VISITOR}, {OUTER}", VISITOR),
        (f" {VISITOR} ,{OUTER} , ", VISITOR),
        (f"{VISITOR}:4711", VISITOR),
        ("[2001:db8::7]:4711", "2001:db8::7"),
        ("2001:db8::7", "2001:db8::7"),
        (f"::ffff:{VISITOR}", VISITOR),
        ("10.0.0.9, 10.0.0.8", "10.0.0.9"),
        ("unknown", PROXY),
        (f"{VISITOR}, unknown", PROXY),
        (f"{VISITOR}, _hidden, {OUTER}", OUTER),
        ("", PROXY),
        ("<script>", PROXY),
        ("1.2.3.4.5", PROXY),
    ],
)
def test_the_last_hop_that_is_no_proxy_of_ours_is_the_client(
    forwarded_for: str, expected: str
) -> None:
    assert client(read([("x-forwarded-for", forwarded_for)])) == expected


def test_several_headers_are_one_list() -> None:
    scope = read([("x-forwarded-for", "198.51.100.1"), ("x-forwarded-for", f"{VISITOR}, {OUTER}")])

    assert client(scope) == VISITOR


@given(
    st.lists(st.ip_addresses().map(str), max_size=4),
    st.ip_addresses(v=4).filter(lambda address: str(address).split(".")[0] not in {"10", "127"}),
    st.lists(st.ip_addresses(v=4, network="10.0.0.0/8").map(str), max_size=3),
)
def test_no_client_can_name_another(claimed: list[str], real: object, proxies: list[str]) -> None:
    """Whatever a client sends in front, a proxy of ours adds whom it sees."""
    hops = ", ".join([*claimed, str(real), *proxies])

    assert client(read([("x-forwarded-for", hops)])) == str(real)


HEADERS = [
    ("x-forwarded-for", VISITOR),
    ("x-forwarded-proto", "https"),
    ("x-forwarded-host", "music.example.org"),
    ("forwarded", f"for={VISITOR};proto=https;host=music.example.org"),
]


@pytest.mark.parametrize("peer", [VISITOR, "11.0.0.1", "2001:db8::1"])
@pytest.mark.parametrize("uses_forwarded", [False, True])
def test_strangers_are_not_believed(peer: str, *, uses_forwarded: bool) -> None:
    scope = read(HEADERS, peer, uses_forwarded=uses_forwarded)

    assert scope == make_scope(HEADERS, peer)


def test_without_trusted_proxies_nobody_is_believed() -> None:
    scope = make_scope(HEADERS, "127.0.0.1")
    Proxies([]).read(scope)

    assert scope == make_scope(HEADERS, "127.0.0.1")


def test_without_a_client_address_nobody_is_believed() -> None:
    scope = make_scope(HEADERS)
    scope["client"] = None
    Proxies(TRUSTED).read(scope)

    assert scope["scheme"] == "http"


@pytest.mark.parametrize("uses_forwarded", [False, True])
def test_scheme_and_host_are_those_the_visitor_used(*, uses_forwarded: bool) -> None:
    scope = read(HEADERS, uses_forwarded=uses_forwarded)

    assert client(scope) == VISITOR
    assert is_encrypted(scope)
    assert header(scope, b"host") == "music.example.org"
    assert [name for name, _ in scope["headers"]].count(b"host") == 1


def test_only_the_headers_of_the_chosen_kind_are_read() -> None:
    """A proxy passes on what it does not set, so that the other kind is the visitor's own words."""
    ours = ("x-forwarded-for", VISITOR)
    theirs = ("forwarded", "for=127.0.0.1;proto=https;host=evil.example")

    scope = read([ours, theirs])
    assert (client(scope), is_encrypted(scope)) == (VISITOR, False)
    assert header(scope, b"host") == "inner:8420"

    swapped = [("forwarded", f"for={VISITOR}"), ("x-forwarded-for", "127.0.0.1")]
    assert client(read(swapped, uses_forwarded=True)) == VISITOR


@pytest.mark.parametrize(
    ("proto", "expected"),
    [("https", True), ("HTTPS", True), ("http", False), ("wss", False), ("", False)],
)
def test_only_a_web_scheme_is_taken_over(proto: str, *, expected: bool) -> None:
    assert is_encrypted(read([("x-forwarded-proto", proto)])) is expected


def test_of_appended_schemes_the_one_beside_the_client_counts() -> None:
    hops = ("x-forwarded-for", f"198.51.100.1, {VISITOR}, {OUTER}")

    assert is_encrypted(read([hops, ("x-forwarded-proto", "http, https, http")]))
    assert not is_encrypted(read([hops, ("x-forwarded-proto", "https, http, https")]))


@pytest.mark.parametrize("host", ["evil.example/x", "a b", "user@evil.example", "", "evil\x7f"])
def test_a_host_that_is_none_is_left_alone(host: str) -> None:
    assert header(read([("x-forwarded-host", host)]), b"host") == "inner:8420"


@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [
        (f"for={VISITOR}", VISITOR),
        (f'For="{VISITOR}:80" ; proto=https', VISITOR),
        ('for="[2001:db8::7]:4711"', "2001:db8::7"),
        (f"for=198.51.100.1, for={VISITOR}, for={OUTER}", VISITOR),
        (f'for={VISITOR};by="a, for=127.0.0.1"', VISITOR),
        (f"for={VISITOR}, for=_secret", PROXY),
        (f"for={VISITOR}, proto=https", PROXY),
        (f'for=127.0.0.1;x=", for={VISITOR}', PROXY),
        ("nonsense", PROXY),
        ("", PROXY),
    ],
)
def test_forwarded_is_read_as_rfc_7239_writes_it(forwarded: str, expected: str) -> None:
    assert client(read([("forwarded", forwarded)], uses_forwarded=True)) == expected


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("x-forwarded-for", "127.0.0.1")],
        [("x-forwarded-for", "127.0.0.1"), ("x-forwarded-host", "localhost")],
        [("x-forwarded-host", "127.0.0.1")],
    ],
)
def test_nothing_is_local_through_a_proxy(headers: list[tuple[str, str]]) -> None:
    """Also where the proxy runs on this machine and says nothing."""
    assert is_local(make_scope([], "127.0.0.1", "localhost"))

    scope = make_scope(headers, "127.0.0.1", "localhost")
    Proxies(TRUSTED).read(scope)

    assert not is_local(scope)
