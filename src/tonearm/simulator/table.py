"""The route table: every operation there is, found by method and path."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import Final

from tonearm.simulator import operations
from tonearm.simulator.calls import ApiError, Operation
from tonearm.simulator.withdrawn import WITHDRAWN

_PART: Final = re.compile(r"{(\w+)}")


@dataclass(frozen=True, slots=True)
class _Line:
    method: str
    pattern: re.Pattern[str]
    operation: Operation | None


class Table:
    """Operations, and paths that were withdrawn."""

    def __init__(self, operations: list[Operation]) -> None:
        self.operations = operations
        told = [(each.method, each.path, each) for each in operations]
        self._lines: dict[int, list[_Line]] = {}
        for method, path, operation in [*told, *((*each, None) for each in WITHDRAWN)]:
            pattern = re.compile(_PART.sub(r"(?P<\1>[^/]+)", path))
            self._lines.setdefault(path.count("/"), []).append(_Line(method, pattern, operation))

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]]:
        """The operation of a call with the parts of its path; raises ApiError 403, 404 or 405."""
        known = False
        for line in self._lines.get(path.count("/"), ()):
            found = line.pattern.fullmatch(path)
            if found is None:
                continue
            known = True
            if line.method == method:
                if line.operation is None:
                    raise ApiError(403, "Forbidden")
                return line.operation, found.groupdict()
        raise ApiError(405, "Method not allowed") if known else ApiError(404, "Service not found")


def load_table() -> Table:
    """Read the modules of `operations`; fixed paths come before those with parts."""
    found: list[Operation] = []
    for module in iter_modules(operations.__path__):
        found += import_module(f"{operations.__name__}.{module.name}").OPERATIONS
    return Table(sorted(found, key=lambda each: ("{" in each.path, each.path, each.method)))
