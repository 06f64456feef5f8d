"""Elements are cut right, wherever a block ends and whatever stands in the strings."""

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tonearm.domain.vocabulary import Flaw
from tonearm.importers.elements import ElementReader

LARGEST = 1_000_000


class Element(msgspec.Struct):
    name: str | None = None
    count: int | None = None


def reader_of(content: bytes, piece: int, largest: int = LARGEST) -> ElementReader:
    return ElementReader(in_pieces(content, piece), Element, largest)


def in_pieces(content: bytes, piece: int) -> Callable[[int], bytes]:
    position = 0

    def read(_count: int) -> bytes:
        nonlocal position
        position += piece
        return content[position - piece : position]

    return read


def read_all(content: bytes, piece: int = 1 << 16) -> list[Any]:
    return [row for rows in reader_of(content, piece).batches() for row in rows]


nasty = st.text(alphabet='}{][",:\\ \n\u00e9\U0001f3b5\u2028ab', max_size=30)
elements = st.fixed_dictionaries(
    {"name": nasty | st.none(), "count": st.integers(-(1 << 40), 1 << 40)},
    optional={
        "other": st.recursive(nasty | st.integers(), lambda inner: st.lists(inner, max_size=3))
    },
)


@given(
    rows=st.lists(elements, max_size=12),
    piece=st.integers(1, 90),
    indent=st.sampled_from((None, 2)),
)
@settings(max_examples=400, deadline=None)
def test_well_formed_arrays_read_whole(rows: list[Any], piece: int, indent: int | None) -> None:
    content = json.dumps(rows, indent=indent, ensure_ascii=piece % 2 == 0).encode()
    found = [(row.name, row.count) for row in read_all(content, piece)]
    assert found == [(row["name"], row["count"]) for row in rows]


@given(
    rows=st.lists(elements, min_size=1, max_size=8),
    bad=st.lists(
        st.tuples(
            st.integers(0, 8),
            st.sampled_from(('{"count":"x"}', "7", "null", '"}{"', '{"a" 1}', '{"count":1.5}')),
        ),
        max_size=3,
    ),
    piece=st.integers(1, 90),
)
@settings(max_examples=300, deadline=None)
def test_a_bad_element_costs_one_verdict(
    rows: list[Any], bad: list[tuple[int, str]], piece: int
) -> None:
    texts = [json.dumps(row) for row in rows]
    for place, text in bad:
        texts.insert(place, text)
    found = read_all(f"[{','.join(texts)}]".encode(), piece)
    assert len(found) == len(texts)
    assert sum(isinstance(row, Flaw) for row in found) == len(bad)
    good = [row.count for row in found if not isinstance(row, Flaw)]
    assert good == [row["count"] for row in rows]


@given(
    rows=st.lists(elements, min_size=2, max_size=8), cut=st.floats(0, 1), piece=st.integers(1, 90)
)
@settings(max_examples=300, deadline=None)
def test_what_stands_before_a_cut_is_kept(rows: list[Any], cut: float, piece: int) -> None:
    whole = json.dumps(rows).encode()
    content = whole[: 1 + int(cut * (len(whole) - 2))]
    reader = reader_of(content, piece)
    found = [row for batch in reader.batches() for row in batch]
    good = [row.count for row in found if not isinstance(row, Flaw)]
    assert good == [row["count"] for row in rows][: len(good)]
    assert len(good) >= content.count(b'"count"') - 1
    assert reader.note is not None
    assert "cut off" in reader.note


@pytest.mark.parametrize(
    "content",
    [
        b'[{"name":"' + b"}" * 2_000_000 + b'"},{"count":1}]',
        b'[{"name":"' + b'\\"}' * 700_000 + b'"},{"count":1}]',
        b"[" + b"[" * 200_000 + b"]" * 200_000 + b',{"count":1}]',
        b'[{"other":' + b'{"a":' * 200_000 + b"1" + b"}" * 200_000 + b'},{"count":1}]',
        b'[{"count":' + b"9" * 100_000 + b'},{"count":1}]',
    ],
    ids=["braces", "escapes", "nested arrays", "nested objects", "digits"],
)
@pytest.mark.timeout(60)  # quadratic work would take many minutes
def test_hostile_elements_take_linear_time(content: bytes) -> None:
    rows = [row for batch in reader_of(content, 1 << 18, 16_000_000).batches() for row in batch]
    assert rows[-1].count == 1


def test_an_element_without_end_stops_the_file() -> None:
    reader = reader_of(b'[{"count":1},{"name":"' + b"x" * 3_000_000, 1 << 16)
    rows = [row for batch in reader.batches() for row in batch]
    assert rows[0].count == 1
    assert rows[1:] == [Flaw.TEXT_TOO_LONG]
    assert reader.note is not None
    assert "larger than 1 MB" in reader.note


def test_more_behind_the_end_is_told() -> None:
    reader = reader_of(b'[{"count":1}] [{"count":2}]', 5)
    rows = [row for batch in reader.batches() for row in batch]
    assert [row.count for row in rows] == [1]
    assert reader.note is not None
    assert "not read" in reader.note


def test_lone_surrogates_and_broken_utf8_are_repaired() -> None:
    rows = read_all(b'[{"name":"a\\ud800b"},{"name":"a\xffb"},{"name":"\\u0000"}]')
    assert [row.name for row in rows] == ["a\ud800b", "a\ufffdb", "\0"]
