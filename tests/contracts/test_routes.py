"""Every route: who may, asked of a real server by everybody there is; and what none of them knows is refused."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from asking import ABOUT_ONE
from cast import METRICS_TOKEN, Cast, gather
from doors import BODIES, CLOSED, DOORS, THROUGH, Door, entered, knock, send
from tonearm.api import list_routers
from tonearm.bootstrap import create_app
from tonearm.domain.vocabulary import Role, Scope
from tonearm.ops.settings import Settings
from tonearm.web.callers import Access, PageAccess
from tonearm.web.openapi import Owner
from tonearm.web.problem import PROBLEM_TYPE

METHODS = ("get", "post", "put", "patch", "delete")
PUBLIC = {
    ("get", "/healthz"),
    ("get", "/readyz"),
    ("post", "/api/auth/setup"),
    ("post", "/api/auth/login"),
    ("post", "/api/auth/logout"),
    ("get", "/api/auth/methods"),
    ("get", "/api/mcp/openapi.json"),
    ("get", "/api/auth/oidc"),
    ("get", "/api/auth/oidc/callback"),
    ("get", "/api/auth/spotify/callback"),
    ("post", "/api/auth/refresh"),
    ("post", "/api/auth/register"),
    ("post", "/api/auth/reset"),
    ("post", "/api/auth/reset-request"),
}
# Programs that are not let in yet find out here how they are; and what they show is looked at there.
OAUTH_DOORS = {
    ("GET", "/.well-known/oauth-authorization-server"),
    ("GET", "/.well-known/oauth-authorization-server/{path:path}"),
    ("GET", "/.well-known/oauth-protected-resource"),
    ("GET", "/.well-known/oauth-protected-resource/{path:path}"),
    ("GET", "/.well-known/openid-configuration"),
    ("GET", "/.well-known/openid-configuration/{path:path}"),
    ("POST", "/oauth/register"),
    ("POST", "/oauth/revoke"),
    ("POST", "/oauth/token"),
}
# Opened by what the operator has set for it, and by nothing that any account has.
WITH_ITS_OWN_TOKEN = {("GET", "/metrics")}
FOR_ANY_KEY = {("get", "/api/user/profile"), ("get", "/api/user/preferences")}
OPERATIONS = sorted(
    (method.lower(), route.path)  # type: ignore[attr-defined]
    for router in list_routers()
    for route in router.routes
    for method in route.methods  # type: ignore[attr-defined]
)


# For whoever comes: pages that lead in, and the API's description and its viewer, which have no data in them.
OPEN_PAGES = {
    ("GET", "/api/openapi.json"),
    ("GET", "/docs"),
    ("GET", "/forgot"),
    ("POST", "/forgot"),
    ("GET", "/offline"),
    ("GET", "/register"),
    ("POST", "/register"),
    ("GET", "/reset"),
    ("POST", "/reset"),
    ("GET", "/login"),
    ("POST", "/login"),
    ("POST", "/logout"),
    ("GET", "/s/{token}"),
    ("GET", "/s/{token}/card.png"),
    ("GET", "/s/{token}/picture.png"),
    ("GET", "/s/{token}/picture.svg"),
    ("GET", "/service-worker.js"),
    ("GET", "/setup"),
    ("POST", "/setup"),
}
each_door = pytest.mark.parametrize("door", DOORS, ids=str)
each_closed_door = pytest.mark.parametrize("door", CLOSED, ids=str)


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    with gather(tmp_path_factory.mktemp("data")) as cast:
        yield cast


@pytest.fixture(scope="module")
def base(cast: Cast) -> str:
    return cast.base


@pytest.fixture
def owner(cast: Cast) -> Iterator[httpx2.Client]:
    with cast.client(cast.people[Role.OWNER]) as client:
        yield client


@pytest.fixture
def listener(cast: Cast) -> Iterator[httpx2.Client]:
    with cast.client(cast.people[Role.LISTENER]) as client:
        yield client


@pytest.fixture(scope="module")
def description(base: str) -> dict[str, Any]:
    found: dict[str, Any] = httpx2.get(f"{base}/api/openapi.json").json()
    return found


def address(path: str, user: str = "me") -> str:
    path = path.replace("{user}", user)
    return re.sub(r"\{[a-z_]+\}", "999999", path)


def access_to(door: Door) -> Access:
    """Give what a door declares; the walk is over those that do."""
    assert door.access is not None
    return door.access


def needed_scopes(door: Door) -> list[Scope]:
    """Give the scopes that a key needs; any one where any will do."""
    scope = access_to(door).scope
    return [Scope.PLAYER] if scope is None else [scope]


def test_every_route_of_the_app_is_among_those_that_are_tried(tmp_path: Path) -> None:
    found: set[tuple[str, str]] = set()
    others: set[str] = set()

    async def look() -> None:
        app = create_app(Settings(data_dir=tmp_path, database_url=""), with_worker=False)
        async with app.router.lifespan_context(app):
            for context in iter_route_contexts(app.routes):
                route = context.original_route
                if isinstance(route, APIRoute):
                    found.update((method, route.path) for method in route.methods or ())
                else:
                    others.add(getattr(route, "path", ""))

    asyncio.run(look())

    assert found == {(door.method, door.path) for door in DOORS}
    # Files for browsers.
    assert others == {"/static"}


def test_every_route_declares_who_may() -> None:
    open_doors = {(door.method, door.path) for door in DOORS if door.access is None}

    public = {(method.upper(), path) for method, path in PUBLIC}
    assert open_doors == OPEN_PAGES | OAUTH_DOORS | WITH_ITS_OWN_TOKEN | public
    for door in CLOSED:
        assert isinstance(door.access, PageAccess) is door.is_page, door
        # What the address says and what is declared is one thing.
        is_for_admins = "/admin" in door.path or "{user_id}" in door.path
        assert not is_for_admins or door.owner is Owner.EVERYBODY, door
        assert ("{user}" in door.path) is (door.owner is Owner.LISTENER), door


def test_who_only_looks_changes_nothing_but_the_own_account() -> None:
    own = re.compile(r"(/api)?/(user|account|assistants|notifications|inbox)\b(?!/(history|liked))")
    by_tool = {
        "/mcp",
        "/api/mcp/call",
    }  # where each tool says for itself whether it changes anything
    consent = "/oauth/authorize"  # what is let in reaches no further than who lets it in
    for door in CLOSED:
        if door.path in {*by_tool, consent}:
            continue
        if door.method != "GET" and access_to(door).role is Role.VIEWER:
            assert own.match(door.path), door


def test_pages_offer_only_what_the_role_allows(cast: Cast) -> None:
    """What is on the page of imports for a listener is not on that of a viewer; it would be refused."""

    def page(role: Role) -> str:
        return send("GET", f"{cast.base}/imports", headers=cast.session(cast.people[role])).text

    assert "Drop your export here" in page(Role.LISTENER)
    assert "Drop your export here" not in page(Role.VIEWER)
    assert "your role here is viewer" in page(Role.VIEWER)


@each_door
def test_nobody_gets_anything_but_the_public_part(base: str, door: Door) -> None:
    is_log_in = (door.method, door.path) == ("POST", "/login")  # where no name is a wrong name
    is_closed = bool(door.access) or (door.method, door.path) in WITH_ITS_OWN_TOKEN

    status = knock(base, door, {})

    assert entered(status) == (401 if is_closed or is_log_in else THROUGH)
    if is_closed and not door.is_page:
        answer = send(door.method, base + door.address())
        assert answer.headers["content-type"] == PROBLEM_TYPE


@each_closed_door
def test_what_has_ended_opens_nothing(cast: Cast, door: Door) -> None:
    """A revoked session, an expired key, and whatever somebody shows who has been disabled."""
    role = access_to(door).role
    shown = [
        cast.revoked_session(cast.people[role]),
        cast.expired_key(cast.people[Role.OWNER], needed_scopes(door)),
        cast.disabled_session,
        cast.disabled_key,
        {"cookie": "tonearm_session=forged"},
        {"authorization": "Bearer tnrm_forged"},
        {"authorization": "Bearer a.b.c"},
    ]

    assert [knock(cast.base, door, headers) for headers in shown] == [401] * len(shown)


@pytest.mark.parametrize("place", sorted(WITH_ITS_OWN_TOKEN), ids=str)
def test_no_account_opens_what_has_a_token_of_its_own(cast: Cast, place: tuple[str, str]) -> None:
    method, address = place[0], cast.base + place[1]
    owner = cast.people[Role.OWNER]
    shown = [
        cast.session(owner),
        cast.key(owner, Scope),
        {"authorization": f"Basic {METRICS_TOKEN}"},
        {"authorization": f"Bearer {METRICS_TOKEN}x"},
        {"authorization": "Bearer"},
        {"authorization": "bearer"},
    ]

    assert [send(method, address, headers=headers).status_code for headers in shown] == [401] * 6
    key = {"authorization": f"Bearer {METRICS_TOKEN}"}
    assert send(method, address, headers=key).status_code == THROUGH
    assert send("GET", f"{cast.base}/api/user/profile", headers=key).status_code == 401


@each_closed_door
def test_a_role_reaches_what_it_covers_and_no_more(cast: Cast, door: Door) -> None:
    needed = access_to(door).role

    found = {
        role: entered(knock(cast.base, door, cast.session(user)))
        for role, user in cast.people.items()
    }

    assert found == {role: THROUGH if role.covers(needed) else 403 for role in Role}


@each_closed_door
def test_a_key_needs_the_scope_of_an_operation(cast: Cast, door: Door) -> None:
    """Every operation for callers says which scope a key needs; only who a key belongs to may be asked by any."""
    scope, owner = access_to(door).scope, cast.people[Role.OWNER]
    every = cast.key(owner, Scope)
    if door.is_page:
        assert knock(cast.base, door, every) == 401  # pages are for people
        return
    if scope is None:
        assert (door.method.lower(), door.path) in FOR_ANY_KEY
        assert entered(knock(cast.base, door, cast.key(owner, [Scope.PLAYER]))) == THROUGH
        return
    others = [other for other in Scope if other is not scope]

    assert knock(cast.base, door, cast.key(owner, others)) == 403
    assert entered(knock(cast.base, door, cast.key(owner, [scope]))) == THROUGH


@pytest.mark.parametrize(
    "door",
    # Any other is opened by no key, or only by one that a viewer cannot make.
    [door for door in CLOSED if not door.is_page and access_to(door).scope is not Scope.ADMIN],
    ids=str,
)
def test_a_key_reaches_no_further_than_the_role_of_whoever_made_it(cast: Cast, door: Door) -> None:
    needed = access_to(door).role
    key = cast.key(cast.people[Role.VIEWER], needed_scopes(door))

    found = entered(knock(cast.base, door, key))

    assert found == (THROUGH if Role.VIEWER.covers(needed) else 403)


@pytest.mark.parametrize(
    ("method", "path"), [found for found in OPERATIONS if re.search(r"\{\w+_id\}", found[1])]
)
def test_a_caller_finds_nothing_that_is_not_there(
    owner: httpx2.Client, method: str, path: str
) -> None:
    answer = owner.request(method, address(path), json=BODIES.get((method.upper(), path)))

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
    about_one = {name: {"artist": "1"} for name in ABOUT_ONE}
    needed = {"compare": {"range": "2024"}, **about_one}.get(measure, {})
    seen = 422 if measure in ABOUT_ONE else 200

    def ask(client: httpx2.Client, user: object) -> int:
        return client.get(address(path, str(user)), params=needed).status_code

    assert ask(owner, "me") == ask(owner, ada["id"]) == ask(owner, bob["id"]) == seen
    assert ask(listener, "me") == ask(listener, bob["id"]) == seen
    assert ask(listener, ada["id"]) == 404
    for nobody in ("999999", "you", "-1", "0", "²", "9" * 16):
        assert ask(owner, nobody) == ask(listener, nobody) == 404


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
    if path in ("/api/auth/oidc/callback", "/api/auth/spotify/callback"):
        pytest.skip("log-in providers send more than is asked for")

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
