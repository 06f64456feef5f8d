"""Every operation of the API: who may, what it does with a parameter it does not know."""

import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from serving import PASSWORD, serve, set_up
from tonearm.accounts.people import Accounts
from tonearm.api import list_routers
from tonearm.domain.vocabulary import Role, Scope
from tonearm.ops.clock import system_clock
from tonearm.storage.database import Database
from tonearm.web.problem import PROBLEM_TYPE

METHODS = ("get", "post", "put", "patch", "delete")
PUBLIC = {
    ("get", "/healthz"),
    ("get", "/readyz"),
    ("post", "/api/auth/setup"),
    ("post", "/api/auth/login"),
    ("post", "/api/auth/logout"),
}
FOR_ANY_KEY = {("get", "/api/user/profile"), ("get", "/api/user/preferences")}
OPERATIONS = sorted(
    (method.lower(), route.path)  # type: ignore[attr-defined]
    for router in list_routers()
    for route in router.routes
    for method in route.methods  # type: ignore[attr-defined]
)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("data")
    with serve(folder) as base:
        with set_up(base):
            pass
        database = Database(f"sqlite:///{folder / 'tonearm.db'}")
        accounts = Accounts(database, system_clock)
        other = accounts.add("Bob", "UTC")
        accounts.set_password(other.id, PASSWORD)
        database.close()
        yield base


@pytest.fixture(scope="module")
def owner(base: str) -> Iterator[httpx2.Client]:
    yield from _client(base, "Ada")


@pytest.fixture(scope="module")
def listener(base: str) -> Iterator[httpx2.Client]:
    yield from _client(base, "Bob")


@pytest.fixture(scope="module")
def description(base: str) -> dict[str, Any]:
    found: dict[str, Any] = httpx2.get(f"{base}/api/openapi.json").json()
    return found


def _client(base: str, name: str) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=base, timeout=30) as client:
        client.post("/api/auth/login", json={"name": name, "password": PASSWORD}).raise_for_status()
        yield client


def address(path: str, user: str = "me") -> str:
    path = path.replace("{user}", user)
    return re.sub(r"\{[a-z_]+\}", "999999", path)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_nobody_gets_anything_but_the_public_part(base: str, method: str, path: str) -> None:
    answer = httpx2.request(method, base + address(path))

    if (method, path) in PUBLIC:
        assert answer.status_code != 401
    else:
        assert answer.status_code == 401
        assert answer.headers["content-type"] == PROBLEM_TYPE


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_a_caller_finds_nothing_that_is_not_there(
    owner: httpx2.Client, method: str, path: str
) -> None:
    if not re.search(r"\{\w+_id\}", path):
        pytest.skip("addresses nothing by a number")

    answer = owner.request(method, address(path))

    assert answer.status_code == 404
    assert answer.headers["content-type"] == PROBLEM_TYPE


@pytest.mark.parametrize(
    "path",
    [
        path
        for method, path in OPERATIONS
        if method == "get" and re.findall(r"\{\w+\}", path) == ["{user}"]
    ],
)
def test_a_listener_s_history_is_seen_by_them_and_the_owner(
    owner: httpx2.Client, listener: httpx2.Client, path: str
) -> None:
    ada, bob = (client.get("/api/user/profile").json() for client in (owner, listener))
    assert (ada["role"], bob["role"]) == (Role.OWNER, Role.LISTENER)

    # What a measure needs; there is no artist in an empty history, which is another refusal than of the listener.
    measure = path.rpartition("/")[2]
    needed = {"compare": {"range": "2024"}, "loyalty": {"artist": "1"}}.get(measure, {})
    seen = 422 if measure == "loyalty" else 200

    def ask(client: httpx2.Client, user: object) -> int:
        return client.get(address(path, str(user)), params=needed).status_code

    assert ask(owner, "me") == ask(owner, ada["id"]) == ask(owner, bob["id"]) == seen
    assert ask(listener, "me") == ask(listener, bob["id"]) == seen
    assert ask(listener, ada["id"]) == 404
    for nobody in ("999999", "you", "-1", "0", "²", "9" * 16):
        assert ask(owner, nobody) == ask(listener, nobody) == 404


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_a_key_needs_the_scope_of_an_operation(
    owner: httpx2.Client, base: str, description: dict[str, Any], method: str, path: str
) -> None:
    """Every operation for callers says which scope a key needs; only who a key belongs to may be asked by any."""
    security = description["paths"][path][method].get("security")
    if security is None:
        assert (method, path) in PUBLIC
        return
    (needed,) = (scheme["key"] for scheme in security if "key" in scheme)
    if not needed:
        assert (method, path) in FOR_ANY_KEY
        return

    def ask(scopes: list[str]) -> int:
        made = owner.post("/api/user/keys", json={"name": "tried", "scopes": scopes}).json()
        key = {"authorization": f"Bearer {made['key']}"}
        status = httpx2.request(method, base + address(path), headers=key).status_code
        owner.delete(f"/api/user/keys/{made['id']}").raise_for_status()
        return status

    assert ask([scope for scope in Scope if scope not in needed]) == 403
    assert ask(needed) not in (401, 403)


def test_a_narrow_key_of_the_owner_sees_nobody_else(
    owner: httpx2.Client, listener: httpx2.Client, base: str
) -> None:
    bob = listener.get("/api/user/profile").json()["id"]

    def ask(scopes: list[str], user: object) -> int:
        made = owner.post("/api/user/keys", json={"name": "tried", "scopes": scopes}).json()
        key = {"authorization": f"Bearer {made['key']}"}
        address = f"{base}/api/history/users/{user}/totals"
        status = httpx2.get(address, headers=key).status_code
        owner.delete(f"/api/user/keys/{made['id']}").raise_for_status()
        return status

    assert (ask(["history:read"], "me"), ask(["history:read"], bob)) == (200, 404)
    assert ask(["history:read", "admin"], bob) == 200


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_an_unknown_parameter_is_an_error(owner: httpx2.Client, method: str, path: str) -> None:
    answer = owner.request(method, address(path), params={"no_such_parameter": "1"})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == "no_such_parameter"


def test_an_unknown_field_is_an_error(owner: httpx2.Client, description: dict[str, Any]) -> None:
    tried = 0
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            content = operation.get("requestBody", {}).get("content", {})
            if "application/json" not in content:
                continue
            tried += 1
            answer = owner.request(method, address(path), json={"no_such_field": 1})
            named = [fault["parameter"] for fault in answer.json()["errors"]]
            assert answer.status_code == 422
            assert "no_such_field" in named

    assert tried >= 2


def test_every_operation_is_described_with_its_errors(description: dict[str, Any]) -> None:
    described = {
        (method, path) for path, operations in description["paths"].items() for method in operations
    }
    assert described >= set(OPERATIONS)
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            assert method in METHODS
            assert operation["summary"]
            is_public = (method, path) in PUBLIC
            assert ("security" in operation) is not is_public
            assert ("401" in operation["responses"]) or is_public
            for status, response in operation["responses"].items():
                if status.startswith("4"):
                    assert list(response["content"]) == [PROBLEM_TYPE]


def test_an_unknown_version_is_refused_everywhere(owner: httpx2.Client) -> None:
    answer = owner.get("/api/user/profile", headers={"x-api-version": "99"})

    assert answer.status_code == 400
    assert answer.headers["x-api-version"] == "1"
