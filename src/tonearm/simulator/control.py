"""The simulator's controls over HTTP, for programs that run it in a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec
from starlette.responses import Response
from starlette.routing import Route

from tonearm.simulator.accounts import SCOPES
from tonearm.simulator.clock import from_ms, iso_ms
from tonearm.simulator.faults import Fault, FaultKind
from tonearm.simulator.simulator import CLIENT_ID, Simulator

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from tonearm.simulator.listening import Listen

_PREFIX: Final = "/_simulator"


class ClockWish(msgspec.Struct, forbid_unknown_fields=True):
    """Move the clock on by seconds, or set how far the service's own clock is ahead of it."""

    advance_seconds: float = 0.0
    skew_seconds: float | None = None


class FaultWish(msgspec.Struct, forbid_unknown_fields=True):
    """A fault as `Fault` takes it."""

    kind: FaultKind
    path: str = ""
    method: str = ""
    times: int = 1
    status: int = 503
    seconds: float = 5.0
    carried_out: bool = False


class LimitsWish(msgspec.Struct, forbid_unknown_fields=True):
    """Other limits, or a lock-out of an app's developer from now on."""

    rate: int | None = None
    quota: int | None = None
    block_seconds: float | None = None
    client_id: str = CLIENT_ID


class AppWish(msgspec.Struct, forbid_unknown_fields=True):
    """Register an app; one that is registered is replaced."""

    client_id: str
    users: list[str] = []
    secret: str | None = None
    developer: str | None = None
    redirect_uris: list[str] | None = None
    owner_premium: bool = True


class TokenWish(msgspec.Struct, forbid_unknown_fields=True):
    """Let a listener authorise an app; all scopes unless given."""

    user: str = "listener1"
    client_id: str = CLIENT_ID
    scopes: list[str] = msgspec.field(default_factory=lambda: sorted(SCOPES))


class UserWish(msgspec.Struct, forbid_unknown_fields=True):
    """Change a listener: Premium or not, an advert from now on, every app removed."""

    premium: bool | None = None
    advert_seconds: int | None = None
    revoke: bool = False


class BehaviourWish(msgspec.Struct, forbid_unknown_fields=True):
    """What `played_at` marks, and whether a refresh gives a new refresh token."""

    mark: Literal["end", "start"] | None = None
    rotate: bool | None = None


def routes(simulator: Simulator) -> list[Route]:
    """The controls of a simulator; a wrong wish is answered with 400 and a sentence."""

    def route(path: str, act: Callable[[Simulator, Request, bytes], Any], method: str) -> Route:
        return Route(_PREFIX + path, _endpoint(simulator, act), methods=[method])

    return [
        route("/state", _show, "GET"),
        route("/clock", _clock, "POST"),
        route("/faults", _add_fault, "POST"),
        route("/faults", _clear_faults, "DELETE"),
        route("/limits", _limits, "POST"),
        route("/apps", _app, "POST"),
        route("/tokens", _tokens, "POST"),
        route("/behaviour", _behaviour, "POST"),
        route("/users/{user_id}", _user, "POST"),
        route("/users/{user_id}/listens", _listens, "GET"),
    ]


def _endpoint(
    simulator: Simulator, act: Callable[[Simulator, Request, bytes], Any]
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        body, status = await request.body(), 200
        try:
            with simulator.lock:
                document = act(simulator, request, body)
        except KeyError as error:
            document, status = {"error": f"there is no {error.args[0]}"}, 404
        except (msgspec.ValidationError, msgspec.DecodeError, ValueError) as error:
            document, status = {"error": str(error)}, 400
        return Response(msgspec.json.encode(document), status, media_type="application/json")

    return endpoint


def _show(simulator: Simulator, request: Request, body: bytes) -> dict[str, Any]:
    del request, body
    counts: dict[str, int] = {}
    for (method, path, status), count in simulator.counts.items():
        counts[f"{method} {path} {status}"] = count
    return {
        "seed": simulator.seed,
        "now": simulator.clock(),
        "skew_seconds": simulator.clock.skew.total_seconds(),
        "users": {
            user.id: {"display_name": user.display_name, "premium": user.premium}
            for user in simulator.users.values()
        },
        "apps": {app.client_id: sorted(app.users) for app in simulator.accounts.apps.values()},
        "quota_used": {
            app.developer: simulator.limits.used(app.developer)
            for app in simulator.accounts.apps.values()
        },
        "faults": [
            {"kind": fault.kind, "path": fault.path, "left": fault.times - fault.met}
            for fault in simulator.faults.listed
        ],
        "answers": counts,
    }


def _clock(simulator: Simulator, request: Request, body: bytes) -> dict[str, Any]:
    wish = msgspec.json.decode(body, type=ClockWish)
    simulator.clock.advance(seconds=wish.advance_seconds)
    if wish.skew_seconds is not None:
        simulator.clock.skew = from_ms(int(wish.skew_seconds * 1000)) - from_ms(0)
    return _show(simulator, request, body)


def _add_fault(simulator: Simulator, request: Request, body: bytes) -> dict[str, Any]:
    wish = msgspec.json.decode(body, type=FaultWish)
    simulator.faults.add(Fault(**msgspec.structs.asdict(wish)))
    return _show(simulator, request, body)


def _clear_faults(simulator: Simulator, request: Request, body: bytes) -> dict[str, Any]:
    simulator.faults.clear()
    return _show(simulator, request, body)


def _limits(simulator: Simulator, request: Request, body: bytes) -> dict[str, Any]:
    wish = msgspec.json.decode(body, type=LimitsWish)
    developer = _known(simulator.accounts.apps, wish.client_id, "app").developer
    limits = simulator.limits
    limits.rate = limits.rate if wish.rate is None else wish.rate
    limits.quota = limits.quota if wish.quota is None else wish.quota
    if wish.block_seconds is not None:
        limits.block(developer, simulator.clock.now_ms() + int(wish.block_seconds * 1000))
    return _show(simulator, request, body)


def _app(simulator: Simulator, request: Request, body: bytes) -> dict[str, Any]:
    wish = msgspec.json.decode(body, type=AppWish)
    addresses = None if wish.redirect_uris is None else tuple(wish.redirect_uris)
    app = simulator.add_app(
        wish.client_id, users=wish.users, secret=wish.secret, developer=wish.developer,
        redirect_uris=addresses,
    )  # fmt: skip
    app.owner_premium = wish.owner_premium
    return _show(simulator, request, body)


def _tokens(simulator: Simulator, request: Request, body: bytes) -> dict[str, Any]:
    del request
    wish = msgspec.json.decode(body, type=TokenWish)
    _known(simulator.users, wish.user, "listener")
    _known(simulator.accounts.apps, wish.client_id, "app")
    _, tokens = simulator.link(wish.user, client_id=wish.client_id, scopes=wish.scopes)
    return tokens.document


def _user(simulator: Simulator, request: Request, body: bytes) -> dict[str, Any]:
    wish = msgspec.json.decode(body, type=UserWish)
    user = _known(simulator.users, request.path_params["user_id"], "listener")
    user.premium = user.premium if wish.premium is None else wish.premium
    if wish.advert_seconds is not None:
        simulator.play_advert(user.id, wish.advert_seconds)
    if wish.revoke:
        simulator.accounts.revoke(user)
    return _show(simulator, request, body)


def _behaviour(simulator: Simulator, request: Request, body: bytes) -> dict[str, Any]:
    wish = msgspec.json.decode(body, type=BehaviourWish)
    simulator.mark = wish.mark or simulator.mark
    if wish.rotate is not None:
        simulator.accounts.rotate = wish.rotate
    return _show(simulator, request, body)


def _listens(simulator: Simulator, request: Request, body: bytes) -> dict[str, Any]:
    del body
    user = _known(simulator.users, request.path_params["user_id"], "listener")
    since = int(request.query_params.get("since_ms", "0"))
    listens = simulator.listens(user.id)
    return {"items": [_listen(each) for each in listens if each.started_at >= since]}


def _listen(listen: Listen) -> dict[str, Any]:
    return {
        "uri": listen.uri,
        "name": listen.playable.name,
        "started_at": iso_ms(listen.started_at),
        "ended_at": iso_ms(listen.ended_at),
        "ms_played": listen.ms_played,
        "duration_ms": listen.playable.duration_ms,
        "told_at": None if listen.untold else iso_ms(listen.told_at),
        "untold": listen.untold,
        "offline": listen.offline,
        "context_uri": listen.context_uri,
    }


def _known(found: dict[str, Any], name: str, what: str) -> Any:  # noqa: ANN401 - whatever it holds
    if name not in found:
        raise KeyError(f"{what} {name}")
    return found[name]
