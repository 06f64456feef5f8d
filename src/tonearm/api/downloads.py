"""Ledgers as downloads."""

from collections.abc import Iterator
from enum import StrEnum

from starlette.responses import StreamingResponse

from tonearm.importers.ledger_files import as_csv, as_jsonl
from tonearm.importers.records import LedgerRow


class LedgerFormat(StrEnum):
    """How a ledger is given."""

    JSON = "json"
    CSV = "csv"
    JSONL = "jsonl"


def download_ledger(
    rows: Iterator[LedgerRow], ledger_format: LedgerFormat, import_id: int
) -> StreamingResponse:
    """Stream a ledger as a file to keep."""
    is_csv = ledger_format is LedgerFormat.CSV
    return StreamingResponse(
        as_csv(rows) if is_csv else as_jsonl(rows),
        media_type="text/csv; charset=utf-8" if is_csv else "application/jsonl",
        headers={
            "content-disposition": (
                f'attachment; filename="tonearm-import-{import_id}.{ledger_format.value}"'
            ),
            "cache-control": "no-store",
        },
    )
