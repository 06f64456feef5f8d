"""The texts below fields are what a schema says of them, without being looked for before it is asked for."""

from typing import Annotated

from pydantic import Field

from tonearm.web.descriptions import Described


class _Wish(Described):
    name: str
    """What it is called,
    in words."""
    number: int
    kept: Annotated[str, Field(description="Said by itself.")]
    """Not this."""


class _Wider(_Wish):
    """A text that belongs to no field."""

    until: Annotated[str | None, Field(alias="to")] = None
    """The last day."""


def test_a_schema_has_the_texts_below_the_fields_of_a_class_and_of_those_above_it() -> None:
    told = {
        name: field.get("description")
        for name, field in _Wider.model_json_schema()["properties"].items()
    }

    assert told == {
        "name": "What it is called,\nin words.",
        "number": None,
        "kept": "Said by itself.",
        "to": "The last day.",
    }


def test_nothing_is_read_for_it_while_a_class_is_made() -> None:
    assert _Wish.model_fields["name"].description is None
