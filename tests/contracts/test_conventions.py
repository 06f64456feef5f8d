"""What holds for every operation of the API, without its doing anything for it."""

import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from serving import serve, set_up
from tonearm.web.problem import PROBLEM_TYPE
from tools.reference.operations import describe_api, iter_operations

PROBLEM = {"$ref": "#/components/schemas/Problem"}
PASSWORD = "/api/user/password"
DOCUMENT = describe_api()
SCHEMAS = DOCUMENT["components"]["schemas"]
OPERATIONS = {
    f"{method} {path}": (method, path, operation)
    for method, path, operation in iter_operations(DOCUMENT)
}
every_operation = pytest.mark.parametrize("name", sorted(OPERATIONS))


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(tmp_path_factory.mktemp("data")) as base:
        yield base


@pytest.fixture(scope="module")
def owner(base: str) -> Iterator[httpx2.Client]:
    with set_up(base) as client:
        yield client


def address(path: str) -> str:
    return re.sub(r"\{[a-z_]+\}", "999999", path.replace("{user}", "me"))


def parameters(operation: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {parameter["name"]: parameter for parameter in operation.get("parameters", ())}


@every_operation
def test_an_answer_is_signed_and_a_refusal_is_a_problem(owner: httpx2.Client, name: str) -> None:
    """Asked with a parameter that nobody knows, so that nothing happens."""
    method, path, _ = OPERATIONS[name]
    if path in ("/api/auth/oidc/callback", "/api/auth/spotify/callback"):
        pytest.skip("log-in providers send more than is asked for")
    answer = owner.request(
        method,
        address(path),
        params={"no_such_parameter": "1"},
        headers={"x-request-id": "tried.1"},
    )

    assert answer.status_code == 422
    assert answer.headers["content-type"] == PROBLEM_TYPE
    problem = answer.json()
    assert problem["type"] == f"urn:tonearm:problem:{problem['code']}"
    assert problem["status"] == 422
    assert problem["errors"][0]["parameter"] == "no_such_parameter"
    assert answer.headers["x-request-id"] == problem["request_id"] == "tried.1"
    assert ("x-api-version" in answer.headers) is path.startswith("/api/")
    assert ("ratelimit" in answer.headers) is path.startswith("/api/")
    assert ("ratelimit-policy" in answer.headers) is path.startswith("/api/")
    assert "content-security-policy" in answer.headers


@every_operation
def test_what_any_operation_may_answer_is_documented(name: str) -> None:
    method, _, operation = OPERATIONS[name]
    wanted = {"400", "421", "422", "429"}
    if method != "GET":
        wanted.add("403")
    if "requestBody" in operation:
        wanted |= {"408", "413"}
    if "x-role" in operation:
        wanted |= {"401", "403", "503"}

    assert wanted <= set(operation["responses"])
    for status, response in operation["responses"].items():
        if status.startswith("4"):
            assert response["content"] == {PROBLEM_TYPE: {"schema": PROBLEM}}


@every_operation
def test_every_post_of_a_caller_takes_an_idempotency_key(name: str) -> None:
    """But for one that takes a password, of which no digest may lie in the database."""
    method, path, operation = OPERATIONS[name]
    takes = "Idempotency-Key" in parameters(operation)

    assert takes is (method == "POST" and "security" in operation and path != PASSWORD)
    if takes:
        assert "409" in operation["responses"]


@every_operation
def test_an_idempotency_key_is_refused_by_every_other_post(base: str, name: str) -> None:
    method, path, operation = OPERATIONS[name]
    if method != "POST" or "Idempotency-Key" in parameters(operation):
        return
    answer = httpx2.post(base + address(path), json={}, headers={"idempotency-key": "nobody's"})

    assert answer.status_code == 422
    assert [fault["parameter"] for fault in answer.json()["errors"]] == ["Idempotency-Key"]


@every_operation
def test_a_patch_knows_no_null(name: str) -> None:
    """What is left out stays; null would be a wish that nobody can tell from that."""
    method, _, operation = OPERATIONS[name]
    if method != "PATCH":
        return
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    references = [schema, *schema.get("anyOf", ())]
    names = [one["$ref"].rpartition("/")[2] for one in references if "$ref" in one]

    assert names
    for field in SCHEMAS[names[0]]["properties"].values():
        assert "null" not in str(field)


@every_operation
def test_a_list_has_a_limit_and_a_cursor_or_is_given_whole(name: str) -> None:
    _, _, operation = OPERATIONS[name]

    assert ("cursor" in parameters(operation)) <= ("limit" in parameters(operation))
