"""Whatever can be wrong with a field of any operation or page is said in a sentence of its own, in every language."""

import asyncio
import re
from collections.abc import Iterator, Mapping
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic_core._pydantic_core import list_all_errors

from serving import serve, set_up
from tonearm.bootstrap import create_app
from tonearm.domain.preferences import Language
from tonearm.ops.settings import Settings
from tonearm.speech.catalogues import translated
from tonearm.web.faults import KINDS, fault_of, plainly

OTHERS = [language for language in Language if language is not Language.ENGLISH]
# What each part of a schema may find wrong; wrappers find nothing themselves.
FINDS: Mapping[str, frozenset[str] | set[str]] = {
    "any": set(),
    "bool": {"bool_type", "bool_parsing"},
    "date": {"date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"},
    "datetime": {"datetime_type", "datetime_parsing", "datetime_from_date_parsing", "datetime_object_invalid"},
    "dict": {"dict_type"},
    "enum": {"enum"},
    "float": {"float_type", "float_parsing"},
    "int": {"int_type", "int_parsing", "int_parsing_size", "int_from_float"},
    "list": {"list_type"},
    "literal": {"literal_error"},
    "model": {"model_type"},
    "model-fields": {"model_attributes_type"},
    "str": {"string_type", "string_unicode"},
    "tuple": {"tuple_type"},
    **dict.fromkeys(
        (
            "default", "definition-ref", "definitions", "function-after", "function-before", "function-plain",
            "function-wrap", "is-instance", "json-or-python", "lax-or-strict", "model-field", "none", "nullable",
            "union",
        ),
        frozenset[str](),
    ),
}  # fmt: skip
BOUNDS = {
    "ge": "greater_than_equal",
    "gt": "greater_than",
    "le": "less_than_equal",
    "lt": "less_than",
    "multiple_of": "multiple_of",
    "pattern": "string_pattern_mismatch",
    "tz_constraint": "timezone_aware",
}
ENGLISH = re.compile(
    r"\b(must|should|valid|unable|String|Input|was|were|sent|characters?|items?|or|the)\b"
)
SENT = ["x", True, 7, 7.5, [1], {}, None, b"x"]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    async def make() -> FastAPI:
        folder = tmp_path_factory.mktemp("data")
        made = create_app(Settings(data_dir=folder, database_url=""), with_worker=False)
        async with made.router.lifespan_context(made):
            return made

    return asyncio.run(make())


def fields(dependant: Dependant) -> Iterator[Any]:
    for part in ("path_params", "query_params", "header_params", "cookie_params", "body_params"):
        yield from getattr(dependant, part)
    for inner in dependant.dependencies:
        yield from fields(inner)


def kinds(schema: object) -> Iterator[str]:
    """Give everything that a schema may find wrong with what is sent."""
    if isinstance(schema, (list, tuple)):
        for part in schema:
            yield from kinds(part)
    elif isinstance(schema, dict):
        found = schema.get("type")
        if isinstance(found, str):
            yield from FINDS[found]
            yield from (kind for bound, kind in BOUNDS.items() if schema.get(bound) is not None)
            is_text = found == "str"
            for bound, told in (("min_length", "too_short"), ("max_length", "too_long")):
                if schema.get(bound) is not None:
                    yield f"string_{told}" if is_text else told
        for name, part in schema.items():
            if name not in (
                "metadata",
                "serialization",
                "function",
                "default",
                "expected",
                "members",
            ):
                yield from kinds(part)


def test_every_kind_of_fault_that_a_field_can_have_has_words_here(app: FastAPI) -> None:
    used: set[str] = set()
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute):
            for field in fields(route.dependant):
                used.update(kinds(field._type_adapter.core_schema))  # noqa: SLF001 - it has no other door

    assert {"enum", "int_parsing", "string_too_long", "greater_than_equal", "list_type"} <= used
    assert used <= set(KINDS)


def test_the_words_are_those_that_pydantic_has() -> None:
    says: dict[str, str] = {
        error["type"]: error["message_template_python"] for error in list_all_errors()
    }

    assert {kind: plainly(says[kind]) for kind in KINDS} == dict(KINDS)


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("kind", KINDS)
def test_each_is_said_whole_in_each_language(kind: str, language: Language) -> None:
    message = re.sub(r"\{expected_plural\}", "s", KINDS[kind])
    message = re.sub(r"\{expected\}", "'a', 'b' or 'c'", message)
    message = re.sub(r"\{\w+\}", "7", message)
    for where in ("query", "body"):
        for sent in SENT:
            entry = {"type": kind, "loc": (where, "limit"), "msg": message, "input": sent}
            fault = fault_of(entry, None)
            told = translated(fault.detail, language)
            assert "limit" in told
            assert not ENGLISH.search(told), told


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"type": "missing", "loc": ("body", "name")}, "„name“ fehlt."),
        (
            {"type": "extra_forbidden", "loc": ("query", "x"), "ctx": {"allowed": "limit"}},
            "„x“ ist hier nicht bekannt; erlaubt: limit.",
        ),
        ({"type": "extra_forbidden", "loc": ("body", "x")}, "„x“ ist hier nicht bekannt."),
        (
            {"type": "value_error", "loc": ("query", "x"), "msg": "must be given once", "input": ["1", "2"]},
            "„x“ darf nur einmal angegeben werden (gesendet: „1“ und „2“).",
        ),
        (
            {"type": "literal_error", "loc": ("query", "x"), "msg": "Input should be 'a' or 'b'", "input": "c"},
            "„x“ muss 'a' oder 'b' sein (gesendet: „c“).",
        ),
        (
            {"type": "value_error", "loc": ("body", "x"), "msg": "Value error, must be a day, YYYY-MM-DD", "input": ""},
            "„x“ muss ein Tag sein, geschrieben JJJJ-MM-TT (gesendet: ein Text).",
        ),
    ],
)  # fmt: skip
def test_german_sentences(entry: dict[str, Any], told: str) -> None:
    assert translated(fault_of(entry, None).detail, Language.GERMAN) == told


def test_a_page_names_each_field_in_the_language_of_its_reader(tmp_path: Path) -> None:
    with serve(tmp_path) as base, set_up(base) as client:
        client.patch("/api/user/preferences", json={"language": "de"}).raise_for_status()
        wish = {"accept": "text/html", "accept-language": "de"}
        corrections = client.get("/corrections", params={"before": "viele"}, headers=wish)
        search = client.get("/search", params={"q": "x" * 201}, headers=wish)
        form = client.post(
            "/account/presentation", data={"theme": "bunt", "week_start": "Mo"}, headers=wish
        )
        problem = client.get("/api/notifications", params={"limit": "viele"})

    assert [one.status_code for one in (corrections, search, form, problem)] == [422] * 4
    assert "„before“ muss eine ganze Zahl von 1 bis" in unescape(corrections.text)
    assert "„viele“" in unescape(corrections.text)
    assert "„q“ darf höchstens 200 Zeichen haben" in unescape(search.text)
    # Each of several.
    assert "„theme“ muss 'system', 'light' oder 'dark' sein (gesendet: ein Text)." in unescape(
        form.text
    )
    assert "„week_start“ muss eine ganze Zahl sein (gesendet: ein Text)." in unescape(form.text)
    # Programs are told in English.
    assert problem.json()["detail"].startswith("`limit`: must be")
