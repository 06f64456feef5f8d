"""`python -m tools.translations [--check]`: bring the catalogues up to date, or tell what they lack."""

import sys
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from tonearm.domain.preferences import Language
from tonearm.speech.catalogues import catalogue_path
from tools.translations.collecting import collect
from tools.translations.faults import find_faults

_WIDTH = 100


def main(arguments: list[str]) -> int:
    """Write the catalogues, or with `--check` only look; gives the exit code: 0 complete, 1 not, 2 usage."""
    if arguments not in ([], ["--check"]):
        print("usage: python -m tools.translations [--check]", file=sys.stderr)
        return 2
    template = collect()
    is_complete = True
    for language in Language:
        if language is Language.ENGLISH:
            continue
        path = catalogue_path(language)
        if not arguments:
            _update(path, language, template)
        faults = find_faults(path, template)
        for fault in faults:
            print(f"{path.name} ({language.value}): {fault}", file=sys.stderr)
        print(f"{language.value}: {len(template)} messages, {len(faults)} to look at.")
        is_complete = is_complete and not faults
    return 0 if is_complete else 1


def _update(path: Path, language: Language, template: Catalog) -> None:
    """Add what is new, keep what is translated, and drop what nobody says any more."""
    before = read(path, language) if path.is_file() else Catalog(locale=language.value, fuzzy=False)
    after = Catalog(locale=language.value, fuzzy=False, project="Tonearm", charset="utf-8")
    for entry in template:
        if not entry.id:
            continue
        known = before.get(entry.id, entry.context)
        after.add(
            entry.id,
            known.string if known else "",
            locations=entry.locations,
            context=entry.context,
            flags=known.flags if known else (),
            user_comments=known.user_comments if known else (),
        )
    for entry in after:
        # Places are told by str.format or by gettext's own; a guess which one helps nobody.
        entry.flags -= {"python-format", "python-brace-format"}
    after.header_comment = before.header_comment if path.is_file() else _HEADER
    path.parent.mkdir(parents=True, exist_ok=True)
    written = BytesIO()
    # No line numbers and no dates: two people who translate different pages shall not collide.
    write_po(written, after, width=_WIDTH, include_lineno=False, omit_header=False)
    text = written.getvalue().decode()
    kept = [line for line in text.splitlines(keepends=True) if not line.startswith(_DATES)]
    path.write_text("".join(kept), encoding="utf-8")


def read(path: Path, language: Language) -> Catalog:
    """Read a catalogue."""
    with path.open("rb") as file:
        return read_po(file, locale=language.value)


_DATES = ('"POT-Creation-Date', '"PO-Revision-Date', '"Last-Translator', '"Language-Team', '"Generated-By',
          '"Report-Msgid-Bugs-To')  # fmt: skip
_HEADER = "# What Tonearm says, in another language. How to translate: docs/guides/translate.md\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
