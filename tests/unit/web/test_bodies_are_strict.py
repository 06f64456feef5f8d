"""No body of an operation takes one kind of value for another: 1 is not true, "5" is no number, and 5 no instant."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from tonearm.api import list_routers
from tonearm.web.strict import Body, Change, Day, Moment

LOOSE = {"int", "float", "bool", "datetime", "date"}


def bodies(kind: type[Body]) -> Iterator[type[Body]]:
    for body in kind.__subclasses__():
        yield body
        yield from bodies(body)


def loose_parts(schema: object, name: str = "") -> Iterator[str]:
    """Give the fields that pydantic would turn something else into."""
    if isinstance(schema, list | tuple):
        for part in schema:
            yield from loose_parts(part, name)
    if not isinstance(schema, Mapping):
        return
    is_guarded = schema.get("type") == "function-before"
    if schema.get("type") in LOOSE and not schema.get("strict"):
        yield f"{name}: {schema['type']}"
    if schema.get("type") == "model-fields":
        for field, part in schema["fields"].items():
            yield from loose_parts(part["schema"], field)
        return
    if not is_guarded:
        for key, part in schema.items():
            if key not in {"metadata", "ref", "serialization"}:
                yield from loose_parts(part, name)


BODIES = sorted(
    {body for _ in list_routers() for body in bodies(Body)}, key=lambda body: body.__qualname__
)


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.__name__)
def test_numbers_and_truth_values_are_taken_as_they_are(body: type[Body]) -> None:
    assert list(loose_parts(body.__pydantic_core_schema__)) == []
    assert body.model_config.get("extra") == "forbid"


@pytest.mark.parametrize(
    "body", [body for body in BODIES if issubclass(body, Change)], ids=lambda body: body.__name__
)
def test_what_is_left_out_of_a_change_stays_and_nothing_is_null(body: type[Change]) -> None:
    assert body().model_fields_set == set()
    for name in body.model_fields:
        with pytest.raises(ValidationError, match="must not be null") as refused:
            body.model_validate({name: None})
        assert refused.value.errors()[0]["loc"] == (name,)
    assert "null" not in str(body.model_json_schema()["properties"])


class _Texts(Body):
    name: str = ""
    words: tuple[str, ...] = ()
    item: int | str | None = None


@pytest.mark.parametrize("half", ["\ud800", "a\udfff", "\udc80b"])
def test_a_lone_surrogate_is_no_text(half: str) -> None:
    for name, value in (("name", half), ("words", ["whole", half]), ("item", half)):
        with pytest.raises(ValidationError) as refused:
            _Texts.model_validate({name: value})
        assert refused.value.errors()[0]["loc"][0] == name
    whole = {"name": "\U0001d11e ü\0", "words": ("\ufffd",), "item": 7}
    assert _Texts.model_validate(whole).model_dump() == whole


class _Wish(Body):
    at: Moment | None = None
    on: Day | None = None


@pytest.mark.parametrize("bad", [0, 86_400, True, "0", "2024-5-1", "2024-02-30", "٢٠٢٤-01-01"])
def test_a_day_is_written_out(bad: Any) -> None:  # noqa: ANN401 - anything at all
    with pytest.raises(ValidationError):
        _Wish(on=bad)
    assert _Wish.model_validate({"on": "2024-05-01"}).on == date(2024, 5, 1)


@pytest.mark.parametrize("bad", [0, 1_714_564_800, 1.5, True, "1714564800", "2024-05-01", "T", []])
def test_an_instant_is_written_out(bad: Any) -> None:  # noqa: ANN401 - anything at all
    with pytest.raises(ValidationError):
        _Wish(at=bad)
    assert _Wish.model_validate({"at": "2024-05-01T12:00:00+02:00"}).at is not None
    assert _Wish(at=None).at is None
