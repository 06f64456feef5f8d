"""`tonearm stats`: every measure of the catalogue on the command line."""

from collections.abc import Callable
from typing import Any

from cyclopts import App

from tonearm.cli.answers import print_answer
from tonearm.cli.questions import given_values, tell_options
from tonearm.cli.session import UsageError, listener, opened, print_json, print_list
from tonearm.insights.chart import Chart, load_charts
from tonearm.insights.question import make_question


def list_measures(measure: str | None = None, /, *, json: bool = False) -> None:
    """List the measures there are.

    Args:
        measure: Which one to answer; each is a command of its own.
        json: Print one JSON document.
    """
    charts = load_charts()
    if measure is not None:
        raise UsageError(f"There is no measure '{measure}'. There are {', '.join(charts)}.")
    items = [
        {"name": name, "title": chart.title, "description": chart.description}
        for name, chart in charts.items()
    ]
    print_list(items, lambda item: f"{item['name']:<14} {item['description']}", json=json)


def _command(chart: Chart[Any, Any]) -> Callable[..., None]:
    def command(**options: Any) -> None:  # noqa: ANN401 - typed by the signature below
        question = make_question(chart.question, given_values(chart.question, options))
        with opened() as tonearm:
            person = listener(tonearm, options.get("user"))
            answer = tonearm.insights.answer(chart.name, person.id, question, person.preferences)
        if options.get("json"):
            print_json(answer)
        else:
            print_answer(chart.title, answer)

    command.__name__ = chart.name
    tell_options(command, chart.question, chart.description)
    return command


COMMAND = App(name="stats", help="Every measure of the catalogue on the command line.")
COMMAND.default(list_measures)
for _chart in load_charts().values():
    COMMAND.command(_command(_chart), name=_chart.name)
