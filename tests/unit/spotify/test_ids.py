"""What becomes part of an address is an id and nothing else."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonearm.domain.errors import InvalidInputError
from tonearm.spotify.ids import check_uris, kind_of, read_id

ID = "4uLU6hMCjMI75M1A2tKUQC"
HOSTILE = [
    "", "../me", "a?b", "%2e", "%2e%2e%2fme", "..", "me", ID[:-1], ID + "a", ID + "\n", "\n" + ID, f"{ID}/../x",
    f"{ID}?x=1", f"{ID}#x", ID[:-1] + "é", ID[:-1] + "٣", f"spotify:album:{ID}", f"spotify:track:{ID}:x",
    f"spotify:track:{ID}\n", "spotify:track:../me", f"SPOTIFY:TRACK:{ID}", f"https://open.spotify.com/album/{ID}",
    f"https://open.spotify.com.evil.example/track/{ID}", f"http://open.spotify.com/track/{ID}",
    f"https://open.spotify.com/track/{ID}/../../me", f"https://open.spotify.com/track/{ID}?a b", "x" * 100_000,
]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        ID,
        f"spotify:track:{ID}",
        f"https://open.spotify.com/track/{ID}",
        f"https://open.spotify.com/track/{ID}?si=0123456789abcdef",
        f"https://open.spotify.com/intl-de/track/{ID}",
    ],
)
def test_a_thing_is_named_by_id_uri_or_link(text: str) -> None:
    assert read_id(text, "track") == ID


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_anything_else_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(InvalidInputError, match="22 letters and digits") as caught:
        read_id(text, "track")
    assert len(caught.value.message) < 300
    assert caught.value.message.isprintable()


@given(text=st.text() | st.from_regex(r"(spotify:track:|https://open\.spotify\.com/)?\S{20,24}"))
def test_whatever_is_taken_is_an_id(text: str) -> None:
    try:
        found = read_id(text, "track")
    except InvalidInputError:
        return
    assert re.fullmatch(r"[0-9A-Za-z]{22}", found)
    assert found in text


def test_uris_are_taken_by_kind_and_number() -> None:
    uris = [f"spotify:track:{ID}", "spotify:user:some.body-1"]
    assert check_uris(uris, {"track", "user"}, 2) == uris
    assert kind_of(uris[1], {"user"}) == "user"

    for wrong in ([], [*uris, uris[0]], [ID], [f"spotify:chapter:{ID}"], ["spotify:user:a,b"]):
        with pytest.raises(InvalidInputError):
            check_uris(wrong, {"track", "user"}, 2)


def test_files_of_the_listener_are_taken_only_where_they_may_be() -> None:
    local = ["spotify:local:Somebody:Kitchen+Tapes:Rain:184"]
    assert check_uris(local, {"track"}, 1, local=True) == local
    with pytest.raises(InvalidInputError):
        check_uris(local, {"track"}, 1)
    with pytest.raises(InvalidInputError):
        check_uris(["spotify:local:a b"], {"track"}, 1, local=True)
