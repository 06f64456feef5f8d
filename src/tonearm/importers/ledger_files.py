"""Ledgers as files, some hundred rows at a time."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import astuple, fields
from datetime import datetime
from itertools import islice

import msgspec

from tonearm.importers.records import LedgerRow

_ROWS_A_CHUNK = 500
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(rows: Iterator[LedgerRow]) -> Iterator[bytes]:
    """Give comma-separated values with a header; times in ISO 8601, UTC."""
    yield _lines([[field.name for field in fields(LedgerRow)]])
    while chunk := list(islice(rows, _ROWS_A_CHUNK)):
        yield _lines([_cell(value) for value in astuple(row)] for row in chunk)


def as_jsonl(rows: Iterator[LedgerRow]) -> Iterator[bytes]:
    """Give one JSON object a line."""
    encoder = msgspec.json.Encoder()
    while chunk := list(islice(rows, _ROWS_A_CHUNK)):
        yield encoder.encode_lines(chunk)


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    # A spreadsheet would run a name that begins like a formula; the apostrophe makes it text.
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _lines(rows: Iterable[list[object]] | list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
