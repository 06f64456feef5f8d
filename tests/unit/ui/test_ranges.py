"""Names of ranges where nothing in them is counted, such as in the list of shares."""

from datetime import UTC, datetime

import pytest

from tonearm.domain.preferences import Language
from tonearm.speech import speaking
from tonearm.ui.asking import said_range

AT = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "english", "german"),
    [
        ("all", "All time", "Gesamte Zeit"),
        ("this_month", "This month", "Dieser Monat"),
        ("last_week", "Last week", "Letzte Woche"),
        ("yesterday", "Yesterday", "Gestern"),
        ("2024", "2024", "2024"),
        ("2024-03", "March 2024", "März 2024"),
        ("2024-02-03..2024-02-06", "3\u20135 Feb 2024", "3.\u20135. Feb. 2024"),
        ("2024-12-31..2025-01-01", "31 Dec 2024", "31. Dez. 2024"),
    ],
)
def test_a_range_is_named_as_headings_name_it(text: str, english: str, german: str) -> None:
    for language, said in ((Language.ENGLISH, english), (Language.GERMAN, german)):
        with speaking(language):
            assert said_range(text, "Europe/Berlin", AT).replace("\u00a0", " ") == said
