"""Exports to measure with: made once, kept in the system's temporary folder, keyed by how they were made."""

import json
import random
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.read_zip import is_json

from tonearm.testing.export import write_export

ROOT = Path(tempfile.gettempdir()) / "tonearm-benchmarks"


def export(plays: int, seed: int) -> Path:
    """Give an extended export of an invented listener."""

    def make(path: Path) -> None:
        write_export(path, plays=plays, seed=seed)

    return _once(f"export-extended-{plays}-{seed}.zip", make)


def reserialised(original: Path) -> Path:
    """Give the same rows in other bytes: keys, rows and members in another order, spaced otherwise."""

    def make(path: Path) -> None:
        order = random.Random(1)  # noqa: S311 - the same shuffle each time, not a secret
        with zipfile.ZipFile(original) as source, zipfile.ZipFile(path, "w") as target:
            for member in reversed(source.infolist()):
                content = source.read(member)
                if is_json(member.filename):
                    content = _reordered(content, order)
                name = member.filename
                target.writestr(name, content, zipfile.ZIP_DEFLATED, compresslevel=6)

    return _once(f"{original.stem}-reserialised.zip", make)


@contextmanager
def scratch(label: str) -> Iterator[Path]:
    """Give a folder of its own that is gone afterwards."""
    ROOT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{label}-", dir=ROOT) as folder:
        yield Path(folder)


def _reordered(content: bytes, order: random.Random) -> bytes:
    rows = json.loads(content)
    if isinstance(rows, list):
        order.shuffle(rows)
        rows = [dict(reversed(list(row.items()))) if isinstance(row, dict) else row for row in rows]
    return json.dumps(rows, indent=1, ensure_ascii=False).encode()


def _once(name: str, make: Callable[[Path], None]) -> Path:
    path = ROOT / name
    if not path.exists():
        print(f"   making {name}", file=sys.stderr, flush=True)
        ROOT.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        make(partial)
        partial.replace(path)
    return path
