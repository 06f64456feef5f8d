"""Estimates of tokens."""

import pytest

from tonearm.mcp.sizing import tokens_in


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("a", 1),
        ("Love me tender", 3),
        ("unbelievable", 2),
        ("1234567", 3),
        ('{"id":1}', 5),
        ("ก", 2),
        ("🎵🎵", 4),
    ],
)
def test_a_text_is_cut_as_tokenisers_cut_it(text: str, tokens: int) -> None:
    assert tokens_in(text) == tokens


def test_twice_the_text_has_twice_the_tokens() -> None:
    line = '{"name":"長い曲名 Song 12","ms_played":200000},'

    assert tokens_in(line * 1_000) == pytest.approx(1_000 * tokens_in(line), rel=0.1)
