"""Deterministic Spotify data exports of an invented listener, with the truth beside them."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

import msgspec
import numpy as np

from tonearm.testing.catalogue import MUSIC, Catalogue
from tonearm.testing.listener import (
    DAY_MS,
    MILLISECONDS,
    NO_STAMP,
    SECONDS,
    Habits,
    Listener,
    Listens,
    Quota,
)
from tonearm.testing.package import (
    ACCOUNT_FOLDER,
    OLD_FOLDER,
    AccountFiles,
    EndsongFiles,
    ExtendedFiles,
    Package,
    add_account_company,
    add_extended_company,
    add_macos_leftovers,
)
from tonearm.testing.rows import (
    AccountAudiobookRow,
    AccountMusicRow,
    AccountPodcastRow,
    AccountRow,
    RowWriter,
    TruthRow,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import BinaryIO

    from numpy.typing import NDArray

Era = Literal["extended", "account", "mixed"]
"""Which package: the extended history of 2024 on, account data alone, or old and new together."""

_UNTIL: Final = datetime(2025, 11, 1, tzinfo=UTC)
_BOOKS_FROM: Final = datetime(2022, 11, 1, tzinfo=UTC)
_FOREVER_MS: Final = 2**62
_ROWS_A_FILE: Final = 17_500


@dataclass(frozen=True, slots=True)
class ExportSummary:
    """What was written.

    `plays` true listens, `rows` history rows in all members, `no_content` those about nothing;
    `oddities` counts each deliberate oddity by name.
    """

    path: Path
    era: Era
    plays: int
    rows: int
    no_content: int
    members: int
    distinct_tracks: int
    oddities: dict[str, int] = field(default_factory=dict)


def write_export(
    path: Path,
    *,
    plays: int,
    seed: int,
    era: Era = "extended",
    truth: Path | None = None,
    years: int = 10,
    until: datetime | None = None,
) -> ExportSummary:
    """Write the export of a listener with exactly that many true listens.

    The same arguments give the same bytes. From some 300 listens a day on, sessions overlap as if
    several devices were playing. `account` covers the last 12 months whatever `years` says.

    The truth file is JSON Lines, one line a true listen, times in UTC with milliseconds, in rough
    order of listening. A line says what this export can know: a listen with an extended row has its
    URI and the times which `docs/explanation/plays.md` derives from `ts` and the start stamp. A
    listen told of by account data only has no URI, its `ended_at` is the minute in which it ended
    (seconds are 0), its `started_at` that less the time played, and no context. Identical
    listens which account data collapses into one row are not made where it is the only source.

    Args:
        path: the ZIP to write; an existing file is replaced.
        plays: number of true listens, at least 1.
        seed: chooses the listener, the catalogue and every oddity.
        era: which package to write.
        truth: where to write the truth, if anywhere.
        years: length of the listening life.
        until: its end, aware; 1 November 2025 if not given.

    Raises:
        ValueError: plays or years is below 1, or until is naive.
    """
    if plays < 1 or years < 1:
        raise ValueError("plays and years must be at least 1")
    end = until or _UNTIL
    if end.tzinfo is None:
        raise ValueError("until must be aware")
    midnight = end.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    with ExitStack() as stack:
        package = stack.enter_context(Package(path))
        sink = stack.enter_context(truth.open("wb")) if truth else None
        export = _Export(package, sink, plays, seed, era, _Life.until(midnight, era, years))
        export.run()
        return export.summary(path)


def catalogue_sizes(plays: int) -> dict[str, int]:
    """How many tracks, episodes and chapters a listener with so many plays chooses from.

    A simulator with as many and the same seed has the same ones.
    """
    tracks = int(4_600 * (plays / 120_000) ** 0.58) + 40
    return {"tracks": tracks, "episodes": 80 + tracks // 20, "chapters": 48 + tracks // 100}


@dataclass(frozen=True, slots=True)
class _Life:
    """Which part of a life which files tell of; bounds in UTC milliseconds."""

    first_day: datetime
    days: int
    old_until: int
    new_from: int
    new_until: int
    account_from: int
    missing_from: int

    @classmethod
    def until(cls, end: datetime, era: Era, years: int) -> _Life:
        days = 365 if era == "account" else 365 * years + years // 4
        first_day = end - timedelta(days=days)
        start, stop = (int(moment.timestamp() * 1000) for moment in (first_day, end))
        # Open at the front: the first local day begins before its UTC midnight.
        if era == "extended":
            return cls(first_day, days, 0, 0, _FOREVER_MS, _FOREVER_MS, _FOREVER_MS)
        if era == "account":
            return cls(first_day, days, 0, _FOREVER_MS, 0, 0, _FOREVER_MS)
        return cls(
            first_day,
            days,
            old_until=start + days * DAY_MS * 6 // 10,
            new_from=start + days * DAY_MS * 45 // 100,
            new_until=stop - 9 * DAY_MS,
            account_from=stop - 365 * DAY_MS,
            missing_from=stop - 120 * DAY_MS,
        )


class _Export:
    def __init__(
        self,
        package: Package,
        sink: BinaryIO | None,
        plays: int,
        seed: int,
        era: Era,
        life: _Life,
    ) -> None:
        self._package, self._sink, self._era, self._life = package, sink, era, life
        self._plays, self._written = plays, 0
        self._catalogue = Catalogue(**catalogue_sizes(plays), seed=seed)
        books = max(int(_BOOKS_FROM.timestamp() * 1000), life.old_until)
        only_account = life.new_until if era == "mixed" else life.account_from
        self._listener = Listener(
            self._catalogue,
            Habits(
                life.first_day,
                life.days,
                books_from=books,
                clocks=era != "account",
                minutes_from=only_account,
            ),
            plays=plays,
            seed=seed,
        )
        self._rows = RowWriter(self._catalogue, seed=seed)
        self._rng = np.random.default_rng([seed, 4])
        self._quota = Quota(self._rng)
        self._heard = np.zeros(self._catalogue.size, dtype=np.bool_)
        self._encoder = msgspec.json.Encoder()
        self._closers: list[Callable[[], None]] = []

    def run(self) -> None:
        """Write every member."""
        writers: list[Callable[[Listens], None]] = []
        if self._era != "account":
            writers.append(self._new_writer())
        if self._era == "mixed":
            writers.append(self._old_writer())
            writers.append(self._old_account_writer())
        if self._era != "extended":
            writers.append(self._account_writer())
        for listens in self._listener.months():
            self._heard[listens.item] = True
            self._tell(listens)
            for write in writers:
                write(listens)
        for close in self._closers:
            close()
        if self._era != "account":
            add_extended_company(self._package)
        if self._era != "extended":
            add_account_company(self._package, self._catalogue, ACCOUNT_FOLDER)
        if self._era == "mixed" or self._rng.integers(2):
            add_macos_leftovers(self._package)
            self._quota.done["macOS leftovers"] = 1

    def summary(self, path: Path) -> ExportSummary:
        heard = self._heard & (self._catalogue.kind[: self._catalogue.size] == MUSIC)
        oddities = self._listener.quota.done | self._quota.done
        about_nothing = ("rows about nothing", "unknown placeholders")
        return ExportSummary(
            path=path,
            era=self._era,
            plays=self._written,
            rows=self._package.rows,
            no_content=sum(oddities.get(name, 0) for name in about_nothing)
            + self._package.nothing_repeated,
            members=self._package.members,
            distinct_tracks=int(heard.sum()),
            oddities=dict(sorted(oddities.items())),
        )

    def _tell(self, listens: Listens) -> None:
        life = self._life
        old = listens.start < life.old_until
        new = (listens.start >= life.new_from) & (listens.start < life.new_until)
        exact = old | new
        part = listens.take(exact)
        rows: list[TruthRow] = self._rows.truth(part, seconds=~new[exact], skipped=new[exact])
        rows += self._rows.account_truth(listens.take(~exact))
        self._written += len(rows)
        if self._sink is not None:
            self._sink.write(self._encoder.encode_lines(rows))

    def _with_copies(self, listens: Listens, *, old: bool) -> Listens:
        """Add rows that tell of no further listen: copies, re-sent plays, rows about nothing."""
        size = self._catalogue.size
        every = np.arange(len(listens))
        stamped = np.flatnonzero((listens.unit == SECONDS) | (listens.unit == MILLISECONDS))
        whole = listens.join(listens.take(self._choose("exact duplicates", every, 0.002)))
        resent = listens.take(self._choose("re-sent plays", stamped, 0.002))
        resent.ended += self._rng.integers(60, 3 * 3_600, size=len(resent))
        nameless = listens.take(self._choose("names gone missing", every, 0.001))
        nameless.item += size
        if not old:
            coarse = listens.take(self._choose("copies in seconds", stamped, 0.001))
            coarse.unit[:] = SECONDS
            bare = listens.take(self._choose("copies without stamp", stamped, 0.001))
            bare.unit[:] = NO_STAMP
            whole = whole.join(coarse).join(bare)
        nothing = listens.take(self._choose("rows about nothing", every, 0.003))
        nothing.item[:] = 2 * size
        nothing.video[::2] = True
        return whole.join(resent).join(nameless).join(nothing)

    def _choose(self, name: str, candidates: NDArray[np.int64], rate: float) -> NDArray[np.int64]:
        return self._quota.choose(name, candidates, rate)

    def _new_writer(self) -> Callable[[Listens], None]:
        audio = ExtendedFiles(self._package, "Audio", rows_a_file=_ROWS_A_FILE)
        video = ExtendedFiles(self._package, "Video", rows_a_file=_ROWS_A_FILE)
        held: list[Listens] = []

        def emit(listens: Listens) -> None:
            ordered = listens.take(np.argsort(listens.ended, kind="stable"))
            audio.write(self._rows.extended(ordered.take(~ordered.video)))
            video.write(self._rows.extended(ordered.take(ordered.video)))

        def write(listens: Listens) -> None:
            inside = (listens.start >= self._life.new_from) & (listens.start < self._life.new_until)
            if not inside.any():
                return
            # Late uploads wait until the chunk their `ts` belongs to; two days are more than the
            # next chunk can reach back into this one.
            border = (int(listens.start[-1]) - 2 * DAY_MS) // 1000
            rows = self._with_copies(listens.take(inside), old=False)
            if held:
                rows = held.pop().join(rows)
            due = rows.ended <= border
            held.append(rows.take(~due))
            emit(rows.take(due))

        def close() -> None:
            if held:
                emit(held.pop())
            audio.close()
            video.close()

        self._closers.append(close)
        return write

    def _old_writer(self) -> Callable[[Listens], None]:
        files = 1 + int(self._plays * 0.6) // _ROWS_A_FILE
        songs = EndsongFiles(self._package, self._rng, files=files)
        videos: list[Listens] = []

        def write(listens: Listens) -> None:
            inside = listens.start < self._life.old_until
            if not inside.any():
                return
            rows = self._with_copies(listens.take(inside), old=True)
            songs.write(self._rows.endsong(rows.take(~rows.video)))
            videos.append(rows.take(rows.video))

        def close() -> None:
            songs.close()
            rows = [row for part in videos for row in self._rows.endsong(part)]
            self._package.add_rows(f"{OLD_FOLDER}/endvideo.json", rows)

        self._closers.append(close)
        return write

    def _old_account_writer(self) -> Callable[[Listens], None]:
        """The last year of the old package, podcasts mixed in among the music."""
        files = AccountFiles(self._package, f"{OLD_FOLDER}/StreamingHistory")
        bounds = self._life.old_until - 365 * DAY_MS, self._life.old_until

        def write(listens: Listens) -> None:
            inside = (listens.start >= bounds[0]) & (listens.start < bounds[1])
            inside &= self._catalogue.named[listens.item]
            files.write(self._placeholders(self._rows.account(listens.take(inside), "old")))

        self._closers.append(files.close)
        return write

    def _account_writer(self) -> Callable[[Listens], None]:
        stem = f"{ACCOUNT_FOLDER}/StreamingHistory"
        lanes: dict[type[AccountRow], AccountFiles] = {
            AccountMusicRow: AccountFiles(self._package, f"{stem}_music_"),
            AccountPodcastRow: AccountFiles(self._package, f"{stem}_podcast_"),
            AccountAudiobookRow: AccountFiles(self._package, f"{stem}_audiobook_"),
        }
        missing = self._life.missing_from

        def write(listens: Listens) -> None:
            inside = listens.start >= self._life.account_from
            lost = (listens.start >= missing) & (listens.start < missing + 7 * DAY_MS)
            self._quota.done["account rows of a missing week"] = self._quota.done.get(
                "account rows of a missing week", 0
            ) + int(lost.sum())
            chosen = listens.take(inside & ~lost & self._catalogue.named[listens.item])
            rows = self._rows.account(chosen, "new")
            collapsed = len(chosen) - len(rows)
            self._quota.done["collapsed account rows"] = (
                self._quota.done.get("collapsed account rows", 0) + collapsed
            )
            for kind, files in lanes.items():
                lane = [row for row in rows if type(row) is kind]
                files.write(self._placeholders(lane) if kind is AccountMusicRow else lane)

        for files in lanes.values():
            self._closers.append(files.close)
        return write

    def _placeholders(self, rows: list[AccountRow]) -> list[AccountRow]:
        """Put rows in that say only that something unknown was played."""
        chosen = self._choose("unknown placeholders", np.arange(len(rows)), 0.002)
        for place in chosen[::-1].tolist():
            row = rows[place]
            rows.insert(
                place,
                AccountMusicRow(row.endTime, "Unknown Artist", "Unknown Track", row.msPlayed),
            )
        return rows
