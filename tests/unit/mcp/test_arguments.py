"""What is said of arguments and parameters that cannot be used."""

import pytest

from tonearm.domain.errors import InvalidInputError
from tonearm.insights.chart import load_charts
from tonearm.insights.question import make_question
from tonearm.mcp.arguments import read_arguments
from tonearm.mcp.tool import load_tools


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ("5", "top cannot use limit = '5'. It must be a valid integer, not text."),
        (5.5, "top cannot use limit = '5.5'. It must be a valid integer."),
    ],
)
def test_text_where_a_number_belongs_is_told_from_a_number(sent: object, said: str) -> None:
    tool = load_tools()["top"]
    with pytest.raises(InvalidInputError) as refused:
        read_arguments(tool.arguments, tool.name, {"item": "artists", "limit": sent})
    assert refused.value.message == said


def test_the_years_that_are_allowed_read_as_years() -> None:
    with pytest.raises(InvalidInputError, match="whole number from 2006 to 2200"):
        make_question(load_charts()["year"].question, {"year": "2300"})
