"""Pages of lists; their items are the records of the rooms below."""

from dataclasses import dataclass

from tonearm.importers.records import ImportRecord, LedgerRow


@dataclass(frozen=True, slots=True)
class ImportPage:
    """Imports, newest first."""

    items: tuple[ImportRecord, ...]
    next_cursor: str | None
    """Give it as `cursor` for the next page; None on the last one."""


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """Rows of an import in their order."""

    items: tuple[LedgerRow, ...]
    next_cursor: str | None
    """Give it as `cursor` for the next page; None on the last one."""
