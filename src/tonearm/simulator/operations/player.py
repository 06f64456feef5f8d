"""The player: what is heard now, devices and the queue, and the commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tonearm.simulator.calls import Answer, ApiError, Call, Operation
from tonearm.simulator.world import Album, Artist, Playable, Track, Work

if TYPE_CHECKING:
    from collections.abc import Callable

    from tonearm.simulator.documents import Document
    from tonearm.simulator.player import Device, State

_MOST_URIS: Final = 100
_STATE: Final = (("user-read-playback-state",),)
_CURRENT: Final = (("user-read-currently-playing",),)
_MODIFY: Final = (("user-modify-playback-state",),)


def _device(call: Call, device: Device, state: State | None) -> Document:
    active = call.user.player.active_device(call.now)
    return {
        "id": device.id,
        "is_active": device is active,
        "is_private_session": state is not None and state.private and device is active,
        "is_restricted": device.restricted,
        "name": device.name,
        "supports_volume": device.volume is not None,
        "type": device.kind,
        "volume_percent": device.volume,
    }


def _devices(call: Call) -> Answer:
    state = call.user.player.state(call.now)
    devices = [_device(call, device, state) for device in call.user.player.devices]
    return Answer({"devices": devices})


def _playable(call: Call, playable: Playable) -> Document:
    if isinstance(playable, Track):
        return call.documents.track(playable, market=call.has_market)
    return call.documents.part(playable, call.heard_ms(playable))


def context_of(call: Call, uri: str | None) -> Document | None:
    """From where something plays, as the player and the recent plays tell it."""
    if uri is None:
        return None
    _, kind, entity_id = uri.split(":")
    base = call.documents.base_of(kind, entity_id)
    return {name: base[name] for name in ("external_urls", "href", "type", "uri")}


def _current(call: Call) -> Document | None:
    """What both operations tell of the present; None while idle."""
    player, now = call.user.player, call.now
    state = player.state(now)
    stated = call.simulator.clock.stated_ms
    if player.advert_until > now:
        return {
            "actions": {"disallows": {"skipping_next": True, "seeking": True}},
            "context": None, "currently_playing_type": "ad", "is_playing": True, "item": None,
            "progress_ms": None, "timestamp": stated(now),
        }  # fmt: skip
    if state is None or state.offline:
        return None
    kind = "track" if isinstance(state.playable, Track) else "episode"
    # Episodes are shown to those who say that they know them.
    shown = kind in {"track", *call.query.get("additional_types", "").split(",")}
    return {
        "actions": {"disallows": {"resuming" if state.playing else "pausing": True}},
        "context": context_of(call, state.context_uri),
        "currently_playing_type": kind,
        "is_playing": state.playing,
        "item": _playable(call, state.playable) if shown else None,
        "progress_ms": state.progress_ms,
        "timestamp": stated(state.changed_at),
    }


def _currently_playing(call: Call) -> Answer:
    current = _current(call)
    return Answer(status=204) if current is None else Answer(current)


def _playback(call: Call) -> Answer:
    current, player = _current(call), call.user.player
    if current is None:
        return Answer(status=204)
    state = player.state(call.now)
    device = player.active_device(call.now) or player.devices[0]
    return Answer(
        current | {
            "device": _device(call, device, state),
            "repeat_state": player.repeat,
            "shuffle_state": player.shuffle if state is None else state.shuffle,
        }
    )  # fmt: skip


def _queue(call: Call) -> Answer:
    state = call.user.player.state(call.now)
    ahead = [_playable(call, playable) for playable in call.user.player.ahead(call.now)]
    current = {} if state is None else {"currently_playing": _playable(call, state.playable)}
    return Answer(current | {"queue": ahead})


def _idle() -> ApiError:
    return ApiError(404, "Player command failed: No active device found", "NO_ACTIVE_DEVICE")


def _find_device(call: Call, device_id: object) -> Device:
    found = next((each for each in call.user.player.devices if each.id == device_id), None)
    if found is None or device_id is None:
        raise ApiError(404, "Device not found")
    return found


def _command(act: Callable[[Call], bool]) -> Callable[[Call], Answer]:
    """An operation that does something with what is being heard; 404 while idle."""

    def answer(call: Call) -> Answer:
        device = None
        if "device_id" in call.query:
            device = _find_device(call, call.query["device_id"])
        if not act(call):
            raise _idle()
        call.user.player.chosen_device = device or call.user.player.chosen_device
        return Answer(status=204)

    return answer


def _transfer(call: Call) -> Answer:
    wish = call.json_object()
    ids = wish.get("device_ids")
    if not isinstance(ids, list) or len(ids) != 1:
        raise ApiError(400, "Only one device_id is supported")
    device = _find_device(call, ids[0])
    if wish.get("play") is True and not call.user.player.resume(call.now):
        raise _idle()
    call.user.player.chosen_device = device
    return Answer(status=204)


def _play(call: Call) -> bool:
    wish, player = call.json_object(), call.user.player
    progress = wish.get("position_ms", 0)
    if not isinstance(progress, int) or progress < 0:
        raise ApiError(400, "Invalid position_ms")
    if "context_uri" not in wish and "uris" not in wish:
        if player.state(call.now) is None and "device_id" not in call.query:
            return False
        return player.resume(call.now, progress if "position_ms" in wish else None)
    if player.state(call.now) is None and "device_id" not in call.query:
        return False
    context = wish.get("context_uri")
    items = _wanted(call, wish) if context is None else _of_context(call, context)
    player.play(call.now, items, _offset(wish, items), context, progress)
    return True


def _wanted(call: Call, wish: dict[str, Any]) -> list[Playable]:
    texts = wish["uris"]
    if not isinstance(texts, list):
        raise ApiError(400, "Invalid uris")
    return [_find_playable(call, *parts) for parts in call.uris(texts, _MOST_URIS)]


def _find_playable(call: Call, kind: str, entity_id: str) -> Playable:
    found = call.simulator.world.find_playable(kind, entity_id)
    if found is None:
        raise ApiError(404, "Resource not found")
    return found


def _of_context(call: Call, context: object) -> list[Playable]:
    """Everything that plays under an album, artist, show, audiobook or playlist."""
    ((kind, entity_id),) = call.uris([context], 1)  # type: ignore[list-item]  # it checks what it is given
    playlist = call.simulator.playlists.get(entity_id)
    entity = call.simulator.world.find(kind, entity_id)
    items: list[Playable] = []
    if kind == "playlist" and playlist is not None:
        parts = [entry.uri.split(":") for entry in playlist.entries]
        found = [call.simulator.world.find_playable(*each[1:]) for each in parts if len(each) == 3]  # noqa: PLR2004 - spotify:kind:id
        items = [each for each in found if each is not None]
    elif isinstance(entity, Album):
        items = list(entity.tracks)
    elif isinstance(entity, Artist):
        items = [track for album in entity.albums for track in album.tracks]
    elif isinstance(entity, Work):
        items = list(entity.parts)
    if not items:
        raise ApiError(404, "Resource not found")
    return items


def _offset(wish: dict[str, Any], items: list[Playable]) -> int:
    """At which place of a list to begin; raises ApiError for one that it has not."""
    offset = wish.get("offset")
    if offset is None:
        return 0
    place = offset.get("position") if isinstance(offset, dict) else None
    if isinstance(offset, dict) and "uri" in offset:
        ids = [item.id for item in items]
        wanted = str(offset["uri"]).rpartition(":")[2]
        place = ids.index(wanted) if wanted in ids else None
    if not isinstance(place, int) or not 0 <= place < len(items):
        raise ApiError(400, "Invalid offset")
    return place


def _pause(call: Call) -> bool:
    return call.user.player.pause(call.now)


def _next(call: Call) -> bool:
    return call.user.player.skip(call.now)


def _previous(call: Call) -> bool:
    return call.user.player.back(call.now)


def _seek(call: Call) -> bool:
    call.required("position_ms")
    return call.user.player.seek(call.now, call.integer("position_ms", 0, 0))


def _repeat(call: Call) -> bool:
    state = call.required("state")
    if state not in {"track", "context", "off"}:
        raise ApiError(400, "Invalid state")
    if call.user.player.state(call.now) is None:
        return False
    call.user.player.repeat = state
    return True


def _shuffle(call: Call) -> bool:
    state = call.required("state")
    if state not in {"true", "false"}:
        raise ApiError(400, "Invalid state")
    if call.user.player.state(call.now) is None:
        return False
    call.user.player.chosen_shuffle = state == "true"
    return True


def _volume(call: Call) -> bool:
    call.required("volume_percent")
    volume = call.integer("volume_percent", 0, 0, 100)
    device = call.user.player.active_device(call.now)
    if "device_id" in call.query:
        device = _find_device(call, call.query["device_id"])
    if device is None:
        return False
    if device.volume is None:
        raise ApiError(
            403, "Player command failed: Cannot control device volume", "VOLUME_CONTROL_DISALLOW"
        )
    device.volume = volume
    return True


def _enqueue(call: Call) -> bool:
    ((kind, entity_id),) = call.uris([call.required("uri")], 1)
    return call.user.player.enqueue(call.now, _find_playable(call, kind, entity_id))


def _line(method: str, path: str, name: str, act: Callable[[Call], bool]) -> Operation:
    return Operation(method, f"/me/player/{path}", name, _command(act), _MODIFY, premium=True)


OPERATIONS = (
    Operation(
        "GET", "/me/player", "get-information-about-the-users-current-playback", _playback, _STATE
    ),
    Operation(
        "PUT", "/me/player", "transfer-a-users-playback", _transfer, _MODIFY, premium=True
    ),
    Operation("GET", "/me/player/devices", "get-a-users-available-devices", _devices, _STATE),
    Operation(
        "GET", "/me/player/currently-playing", "get-the-users-currently-playing-track",
        _currently_playing, _CURRENT,
    ),
    Operation("GET", "/me/player/queue", "get-queue", _queue, _CURRENT + _STATE),
    _line("PUT", "play", "start-a-users-playback", _play),
    _line("PUT", "pause", "pause-a-users-playback", _pause),
    _line("POST", "next", "skip-users-playback-to-next-track", _next),
    _line("POST", "previous", "skip-users-playback-to-previous-track", _previous),
    _line("PUT", "seek", "seek-to-position-in-currently-playing-track", _seek),
    _line("PUT", "repeat", "set-repeat-mode-on-users-playback", _repeat),
    _line("PUT", "volume", "set-volume-for-users-playback", _volume),
    _line("PUT", "shuffle", "toggle-shuffle-for-users-playback", _shuffle),
    _line("POST", "queue", "add-to-queue", _enqueue),
)  # fmt: skip
