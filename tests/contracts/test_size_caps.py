"""Files stay under 500 lines and functions under 60; the exceptions may only shrink."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("src", "tests", "benchmarks", "tools")
SUFFIXES = {".py", ".html", ".css", ".js", ".sql"}
FILE_CAP = 500
FUNCTION_CAP = 60

# "path" or "path::Class.function" -> its lines today.
# What shrinks must lower its number here, and leave the list when it fits the cap.
EXCEPTIONS: dict[str, int] = {}


def iter_sizes(path: Path, name: str) -> Iterator[tuple[str, int, int]]:
    """Yield name, lines and cap of a file and of each function in it, nested ones too."""
    text = path.read_text(encoding="utf-8")
    yield name, len(text.splitlines()), FILE_CAP
    if path.suffix == ".py":
        for function, lines in _functions(ast.parse(text), ()):
            yield f"{name}::{function}", lines, FUNCTION_CAP


def _functions(node: ast.AST, above: tuple[str, ...]) -> Iterator[tuple[str, int]]:
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                names = (*above, child.name)
                yield ".".join(names), (child.end_lineno or child.lineno) - child.lineno + 1
            case ast.ClassDef():
                names = (*above, child.name)
            case _:
                names = above
        yield from _functions(child, names)


def find_complaints(
    sizes: dict[str, tuple[int, int]],
    exceptions: dict[str, int],
) -> list[str]:
    """Return a sentence for each thing that is too large and each exception that is too wide."""
    complaints = []
    for name, (lines, cap) in sizes.items():
        allowed = exceptions.get(name)
        if allowed is None and lines >= cap:
            complaints.append(f"{name} has {lines} lines, must be under {cap}")
        elif allowed is not None and lines > allowed:
            complaints.append(f"{name} grew to {lines} lines, its exception ends at {allowed}")
        elif allowed is not None and lines < cap:
            complaints.append(f"{name} needs no exception any more: remove it")
        elif allowed is not None and lines < allowed:
            complaints.append(f"{name} shrank: lower its exception to {lines}")
    gone = exceptions.keys() - sizes.keys()
    complaints += [f"{name} is gone: remove its exception" for name in sorted(gone)]
    return complaints


def test_files_and_functions_stay_small() -> None:
    paths = [
        path
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in SUFFIXES and "vendor" not in path.parts
    ]
    sizes = {
        name: (lines, cap)
        for path in paths
        for name, lines, cap in iter_sizes(path, path.relative_to(ROOT).as_posix())
    }
    assert "src/tonearm/__init__.py" in sizes

    assert find_complaints(sizes, EXCEPTIONS) == []


def test_lines_are_counted_from_the_first_to_the_last_of_a_function(tmp_path: Path) -> None:
    path = tmp_path / "sample.py"
    path.write_text(
        "class A:\n"
        "    @property\n"
        "    def b(self):\n"
        "        def c():\n"
        "            pass\n"
        "        return c\n",
    )

    sizes = list(iter_sizes(path, "sample.py"))

    assert sizes == [
        ("sample.py", 6, 500),
        ("sample.py::A.b", 4, 60),
        ("sample.py::A.b.c", 2, 60),
    ]


@pytest.mark.parametrize(
    ("lines", "exceptions", "expected"),
    [
        (499, {}, []),
        (500, {}, ["a.py has 500 lines, must be under 500"]),
        (600, {"a.py": 600}, []),
        (601, {"a.py": 600}, ["a.py grew to 601 lines, its exception ends at 600"]),
        (599, {"a.py": 600}, ["a.py shrank: lower its exception to 599"]),
        (499, {"a.py": 600}, ["a.py needs no exception any more: remove it"]),
        (10, {"b.py": 600}, ["b.py is gone: remove its exception"]),
    ],
)
def test_exceptions_may_only_shrink(
    lines: int,
    exceptions: dict[str, int],
    expected: list[str],
) -> None:
    assert find_complaints({"a.py": (lines, FILE_CAP)}, exceptions) == expected
