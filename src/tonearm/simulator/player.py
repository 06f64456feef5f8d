"""A listener's player: follows the script until somebody commands it, and then the commands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tonearm.simulator.identifiers import digest, spotify_id
from tonearm.simulator.listening import Listen, Script

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tonearm.simulator.world import Playable

_PATIENCE_MS: Final = 30 * 60_000  # a paused listener does something else after half an hour
_TOLD_AFTER_MS: Final = 2_000
_AHEAD: Final = 20  # how many items a queue shows


@dataclass(slots=True)
class Device:
    """Something that plays; `id` None where none is told, `volume` None where it is not controlled."""

    id: str | None
    name: str
    kind: str
    volume: int | None
    restricted: bool = False


@dataclass(slots=True)
class State:
    """What a player does at an instant."""

    playable: Playable
    progress_ms: int
    playing: bool
    changed_at: int
    context_uri: str | None
    private: bool
    shuffle: bool
    offline: bool = False
    """Whether the service knows nothing of it yet."""


@dataclass(slots=True)
class _Commanded:
    """Playback that follows commands; `heard` and `progress` are milliseconds as of `since`."""

    items: list[Playable]
    place: int
    context_uri: str | None
    started_at: int
    since: int
    progress: int = 0
    heard: int = 0
    playing: bool = True
    from_queue: Playable | None = None

    @property
    def current(self) -> Playable:
        return self.from_queue or self.items[self.place]

    def count_until(self, now: int) -> None:
        """Move `since` to `now`, within the current item."""
        if self.playing:
            self.progress += now - self.since
            self.heard += now - self.since
        self.since = now

    def begin(self, now: int, progress: int = 0) -> None:
        self.started_at = self.since = now
        self.progress, self.heard, self.playing = progress, 0, True


@dataclass(slots=True)
class Player:
    """The player of one listener; every method is told the true instant in milliseconds."""

    script: Script
    devices: list[Device]
    repeat: str = "off"
    chosen_shuffle: bool | None = None
    """What was commanded; None while the script says it."""
    advert_until: int = 0
    queue: list[Playable] = field(default_factory=list)
    chosen_device: Device | None = None
    _commanded: _Commanded | None = None
    _free_since: int = 0
    """From this instant on the script has not been consulted; what it holds before `now` is void."""

    @property
    def shuffle(self) -> bool:
        """Whether what is commanded plays in any order."""
        return self.chosen_shuffle is True

    def state(self, now: int) -> State | None:
        """What is being heard, or is paused; None while idle."""
        self._settle(now)
        if (own := self._commanded) is not None:
            progress = own.progress + (now - own.since if own.playing else 0)
            return State(
                own.current, progress, own.playing, own.since, own.context_uri,
                private=False, shuffle=self.shuffle,
            )  # fmt: skip
        listen = self.script.at(now)
        if listen is None:
            return None
        progress = min(now - listen.started_at, listen.playable.duration_ms)
        return State(
            listen.playable, progress, True, listen.started_at, listen.context_uri,  # noqa: FBT003 - it plays
            listen.private, self.shuffle if self.chosen_shuffle is not None else listen.shuffle,
            listen.offline,
        )  # fmt: skip

    def active_device(self, now: int) -> Device | None:
        """The device that plays, or was chosen last while paused; None while idle."""
        if self.state(now) is None:
            return None
        listen = self.script.at(now) if self._commanded is None else None
        return self.chosen_device or self.devices[listen.device if listen else 0]

    def ahead(self, now: int) -> list[Playable]:
        """What follows: the queue, then the rest of the context."""
        self._settle(now)
        if (own := self._commanded) is not None:
            return [*self.queue, *own.items[own.place + 1 :]][:_AHEAD]
        upcoming = [listen.playable for listen in self.script.upcoming(now, _AHEAD)]
        return upcoming if self.script.at(now) is not None else []

    def play(
        self,
        now: int,
        items: Sequence[Playable],
        place: int,
        context_uri: str | None,
        progress: int,
    ) -> None:
        """Play a list from a place on."""
        if self._take_over(now):
            self._leave(now)
        else:
            self._free_since = now
        chosen = list(items)
        if self.shuffle:
            first = chosen.pop(place)
            chosen.sort(key=lambda item: digest("shuffle", now, item.id))
            chosen.insert(0, first)
            place = 0
        self._commanded = _Commanded(chosen, place, context_uri, now, now, progress)
        self._settle(now)

    def resume(self, now: int, progress: int | None = None) -> bool:
        """Go on with what is paused or was heard last; False if nothing ever was."""
        if self._take_over(now):
            if progress is not None:
                self.seek(now, progress)
            own = self._commanded
            if own is not None:
                own.count_until(now)
                own.playing = True
            return True
        last = self.script.last(now)
        if last is not None:
            self.play(now, [last.playable], 0, last.context_uri, progress or 0)
        return last is not None

    def pause(self, now: int) -> bool:
        """Stop the sound; False while idle, as with every command below."""
        if not self._take_over(now) or self._commanded is None:
            return False
        self._commanded.count_until(now)
        self._commanded.playing = False
        return True

    def seek(self, now: int, progress: int) -> bool:
        """Go to another place of the item; beyond its end is the next one."""
        if not self._take_over(now) or self._commanded is None:
            return False
        self._commanded.count_until(now)
        self._commanded.progress = progress
        if progress >= self._commanded.current.duration_ms:
            self.skip(now)
        return True

    def skip(self, now: int) -> bool:
        """Leave the item for the next one."""
        if not self._take_over(now):
            return False
        self._leave(now)
        self._go_on(now)
        return True

    def back(self, now: int) -> bool:
        """Leave the item for the one before it, the first one for itself."""
        if not self._take_over(now):
            return False
        self._leave(now)
        own = self._commanded
        if own is not None:
            own.place = own.place if own.from_queue else max(own.place - 1, 0)
            own.from_queue = None
            own.begin(now)
        return True

    def enqueue(self, now: int, item: Playable) -> bool:
        """Play something after the current item."""
        if not self._take_over(now):
            return False
        self.queue.append(item)
        return True

    def _take_over(self, now: int) -> bool:
        """Let commands lead from now on; False while idle."""
        self._settle(now)
        if self._commanded is not None:
            return True
        listen = self.script.at(now)
        if listen is None:
            return False
        items = [listen.playable, *(each.playable for each in self.script.upcoming(now, 50))]
        heard = now - listen.started_at
        # What was being heard goes on under command; the rest of the script waits.
        self.script.drop(listen.started_at, listen.started_at + 1)
        self._free_since = now
        self._commanded = _Commanded(
            items, 0, listen.context_uri, listen.started_at, now,
            min(heard, listen.playable.duration_ms), heard,
        )  # fmt: skip
        return True

    def _settle(self, now: int) -> None:
        """Let the time until now pass."""
        while (own := self._commanded) is not None:
            if not own.playing:
                if now - own.since > _PATIENCE_MS:
                    self._end(own.since + _PATIENCE_MS)
                break
            end = own.since + max(own.current.duration_ms - own.progress, 0)
            if end > now:
                break
            own.count_until(end)
            self._leave(end)
            if self.repeat == "track":
                own.begin(end)
            else:
                self._go_on(end)
        if self._commanded is not None:
            self.script.drop(self._free_since, now)
            self._free_since = now

    def _go_on(self, now: int) -> None:
        own = self._commanded
        if own is None:
            return
        own.from_queue = None
        if self.queue:
            own.from_queue = self.queue.pop(0)
        elif own.place + 1 < len(own.items):
            own.place += 1
        elif self.repeat == "context":
            own.place = 0
        else:
            self._commanded = None
            self.script.drop(self._free_since, now)
            return
        own.begin(now)

    def _end(self, now: int) -> None:
        """Give the listener back to the script."""
        self._leave(now)
        self._commanded = None
        self.script.drop(self._free_since, now)

    def _leave(self, now: int) -> None:
        """Note what was heard of the current item."""
        own = self._commanded
        if own is None:
            return
        own.count_until(now)
        if own.heard > 0:
            device = self.devices.index(self.chosen_device) if self.chosen_device else 0
            self.script.drop(self._free_since, now)
            self._free_since = now
            listen = Listen(
                own.started_at, now, own.heard, own.current, now + _TOLD_AFTER_MS,
                device=device, shuffle=self.shuffle, context_uri=own.context_uri,
            )  # fmt: skip
            self.script.add(listen)
        own.heard = 0


def own_devices(seed: int, user_id: str) -> list[Device]:
    """The devices of a listener; the last one tells neither id nor volume."""

    def device_id(number: int) -> str:
        return spotify_id(seed, "device", user_id, number)

    return [
        Device(device_id(0), "Desk", "Computer", 70),
        Device(device_id(1), "Pocket", "Smartphone", 100),
        Device(device_id(2), "Kitchen", "Speaker", None),
        Device(None, "Television", "TV", None, restricted=True),
    ]
