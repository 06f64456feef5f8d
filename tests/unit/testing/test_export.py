"""Generated exports: deterministic, true to count, and as odd as real ones."""

from __future__ import annotations

import json
import zipfile
from collections import Counter, defaultdict
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any, get_args

import pytest

from tonearm.cli.commands.generate_export import generate_export
from tonearm.testing.export import Era, ExportSummary, write_export

if TYPE_CHECKING:
    from pathlib import Path

PLAYS = 20_000
ERAS: tuple[Era, ...] = get_args(Era)


class Written:
    """An export on disk, read back member by member."""

    def __init__(self, folder: Path, era: Era) -> None:
        self.zip_path, self.truth_path = folder / f"{era}.zip", folder / f"{era}.jsonl"
        self.summary: ExportSummary = write_export(
            self.zip_path, plays=PLAYS, seed=11, era=era, truth=self.truth_path
        )
        with zipfile.ZipFile(self.zip_path) as bundle:
            self.members = {name: bundle.read(name) for name in bundle.namelist()}
        self.truth = [json.loads(line) for line in self.truth_path.read_bytes().splitlines()]

    def files(self, part: str) -> dict[str, list[dict[str, Any]]]:
        return {
            name: json.loads(content)
            for name, content in self.members.items()
            if part in name and name.endswith(".json") and not name.startswith("__MACOSX")
        }

    def rows(self, part: str) -> list[dict[str, Any]]:
        return [row for rows in self.files(part).values() for row in rows]


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> dict[Era, Written]:
    folder = tmp_path_factory.mktemp("exports")
    return {era: Written(folder, era) for era in ERAS}


def start_second(row: dict[str, Any]) -> int | None:
    stamp = row["offline_timestamp"]
    if not stamp or stamp < 1_136_073_600:
        return None
    return int(stamp // 1000) if stamp >= 10**11 else int(stamp)


def uri_of(row: dict[str, Any]) -> str | None:
    keys = ("audiobook_chapter_uri", "spotify_episode_uri", "spotify_track_uri")
    return next((row[key] for key in keys if row.get(key)), None)


@pytest.mark.parametrize("era", ERAS)
def test_the_same_seed_gives_the_same_bytes(era: Era, tmp_path: Path) -> None:
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        write_export(
            tmp_path / f"{name}.zip",
            plays=700,
            seed=seed,
            era=era,
            truth=tmp_path / f"{name}.jsonl",
        )
    read = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert read["a.zip"] == read["b.zip"] != read["c.zip"]
    assert read["a.jsonl"] == read["b.jsonl"] != read["c.jsonl"]


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("plays", [1, 2, 37, 1_000])
def test_a_small_export_is_true_to_its_count(era: Era, plays: int, tmp_path: Path) -> None:
    summary = write_export(
        tmp_path / "e.zip", plays=plays, seed=3, era=era, truth=tmp_path / "t.jsonl", years=1
    )
    assert summary.plays == plays
    assert len((tmp_path / "t.jsonl").read_bytes().splitlines()) == plays


@pytest.mark.parametrize("era", ERAS)
def test_the_truth_holds_every_listen(era: Era, exports: dict[Era, Written]) -> None:
    written = exports[era]
    assert len(written.truth) == written.summary.plays == PLAYS
    listens = {
        (t["started_at"], t["ended_at"], t["uri"], t["artist"], t["title"], t["ms_played"])
        for t in written.truth
    }
    assert len(listens) == PLAYS


@pytest.mark.parametrize("era", ERAS)
def test_the_summary_counts_rows_as_they_are(era: Era, exports: dict[Era, Written]) -> None:
    written = exports[era]
    history = [
        row
        for part in ("Streaming_History_", "endsong", "endvideo", "/StreamingHistory")
        for row in written.rows(part)
    ]
    assert len(history) == written.summary.rows
    empty = [
        row
        for row in history
        if row.get("trackName") == "Unknown Track"
        or ("ts" in row and uri_of(row) is None and row["master_metadata_track_name"] is None)
    ]
    assert len(empty) == written.summary.no_content > 0


def test_every_private_field_is_planted(exports: dict[Era, Written]) -> None:
    for row in exports["mixed"].rows("endsong"):
        assert row["username"].startswith("private-user")
        assert row["ip_addr_decrypted"].startswith("203.0.113.")
        assert row["user_agent_decrypted"] is None or "PrivateAgent" in row["user_agent_decrypted"]
    assert all(
        row["ip_addr"].startswith("203.0.113.") for row in exports["extended"].rows("Streaming_")
    )
    assert b"private-user" in exports["account"].members["Spotify Account Data/Identity.json"]


def test_members_that_are_not_history(exports: dict[Era, Written]) -> None:
    account = exports["account"].members
    assert account["Spotify Account Data/Payments.json"] == b"{}"
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(account["Spotify Account Data/UserAddress.json"])
    playlists = json.loads(account["Spotify Account Data/Playlist1.json"])["playlists"]
    assert playlists[0]["items"][0]["track"]["trackUri"].startswith("spotify:track:")
    assert any(name.endswith(".pdf") for name in exports["extended"].members)
    assert any(name.startswith("__MACOSX/") for name in exports["mixed"].members)


def test_files_are_named_cut_and_ordered_as_real_ones(exports: dict[Era, Written]) -> None:
    audio = exports["extended"].files("Streaming_History_Audio_")
    assert len(audio) == 2
    first, second = audio.values()
    assert (
        10_000_000 < len(json.dumps(first, ensure_ascii=False, separators=(",", ":"))) < 13_000_000
    )
    assert first[-1] in second, "files overlap"
    for rows in audio.values():
        assert [row["ts"] for row in rows] == sorted(row["ts"] for row in rows)
    endsong = exports["mixed"].rows("endsong_0")
    times = [row["ts"] for row in endsong]
    assert times != sorted(times)
    account = exports["account"].files("StreamingHistory_music_")
    assert [len(rows) for rows in account.values()][:1] == [10_000]


def test_rows_that_tell_of_one_listen_twice(exports: dict[Era, Written]) -> None:
    rows = exports["extended"].rows("Streaming_")
    assert max(Counter(json.dumps(row) for row in rows).values()) > 1, "exact duplicates"
    resent = defaultdict(set)
    units = defaultdict(set)
    names = defaultdict(set)
    for row in rows:
        second = start_second(row)
        if second is not None and uri_of(row):
            resent[uri_of(row), second, row["ms_played"]].add(row["ts"])
        key = row["ts"], uri_of(row), row["ms_played"]
        units[key].add(
            None if second is None else "ms" if row["offline_timestamp"] >= 10**11 else "s"
        )
        names[key].add(row["master_metadata_track_name"])
    assert any(len(times) > 1 for times in resent.values()), "re-sent plays"
    assert {"s", "ms"} in units.values()
    assert any(None in kinds and len(kinds) > 1 for kinds in units.values())
    assert any(None in found and len(found) > 1 for found in names.values())


def test_odd_values_of_extended_rows(exports: dict[Era, Written]) -> None:
    rows = exports["extended"].rows("Streaming_")
    stamps = [row["offline_timestamp"] for row in rows]
    assert 0 in stamps
    assert None in stamps
    assert any(stamp and 0 < stamp < 10**7 for stamp in stamps)
    assert any(stamp and 10**9 < stamp < 10**10 for stamp in stamps)
    assert any(stamp and stamp > 10**12 for stamp in stamps)
    assert {"DE", "ZZ", "JP"} <= {row["conn_country"] for row in rows}
    assert "" in {row["platform"] for row in rows}
    assert {True, False} == {row["offline"] for row in rows}
    assert {True, False} == {row["incognito_mode"] for row in rows}
    assert {"", None, "trackdone"} <= {row["reason_end"] for row in rows} | {
        row["reason_start"] for row in rows
    }
    assert any("shuffle" not in row for row in rows)
    assert {row["skipped"] for row in rows if row["ts"] < "2018"} == {None}
    assert {row["skipped"] for row in rows if "2019-02" < row["ts"] < "2022-09"} <= {False, None}
    assert True in {row["skipped"] for row in rows if row["ts"] > "2022-11"}
    assert 0.2 < sum(row["ms_played"] < 30_000 for row in rows) / len(rows) < 0.45


def test_what_was_played_is_of_every_kind(exports: dict[Era, Written]) -> None:
    rows = exports["extended"].rows("Streaming_")
    video = exports["extended"].rows("_Video_")
    assert any(row["spotify_track_uri"] for row in video), "music videos"
    assert any(row["spotify_episode_uri"] and not row["episode_name"] for row in rows)
    assert any(row["spotify_track_uri"] and row["audiobook_chapter_uri"] for row in rows)
    relinked = defaultdict(set)
    for row in rows:
        relinked[row["master_metadata_track_name"], row["master_metadata_album_artist_name"]].add(
            row["spotify_track_uri"]
        )
    assert any(len(uris) > 1 for pair, uris in relinked.items() if pair[0])
    assert any(pair[0] and len(pair[0]) > 150 for pair in relinked)
    artists = {pair[1] for pair in relinked if pair[1]}
    assert "Glass Harbour" in artists
    assert any(ord(name[0]) > 0x3000 for name in artists)
    assert {t["kind"] for t in exports["account"].truth} == {"music", "podcast", "audiobook"}


def test_listens_close_together(exports: dict[Era, Written]) -> None:
    truth = sorted(exports["extended"].truth, key=lambda t: t["started_at"])
    per_second = Counter(t["ended_at"][:19] for t in truth if not t["offline"])
    assert max(per_second.values()) >= 3, "rapid skips"
    pairs = list(pairwise(truth))
    assert any(
        a["uri"] == b["uri"] and a["ms_played"] == b["ms_played"] and a["ms_played"] < 4_000
        for a, b in pairs
    ), "repeats of a short track"
    assert any(
        a["uri"] == b["uri"] and a["reason_end"] == "logout" and b["reason_start"] == "appload"
        for a, b in pairs
    ), "split by a restart"
    overlaps = sum(a["ended_at"] > b["started_at"] for a, b in pairs)
    assert 0.05 < overlaps / len(pairs) < 0.6


def test_life_crosses_midnight_and_the_change_of_clocks(exports: dict[Era, Written]) -> None:
    truth = exports["extended"].truth
    change = datetime(2024, 3, 31, 1, tzinfo=UTC)

    def moment(text: str) -> datetime:
        return datetime.fromisoformat(text)

    assert any(moment(t["started_at"]) < change <= moment(t["ended_at"]) for t in truth)
    assert any(t["started_at"][:10] != t["ended_at"][:10] for t in truth)
    days = {t["started_at"][:10] for t in truth}
    assert 2_500 < len(days) < 3_640, "there are days without listening"


def test_old_and_account_shapes_of_the_mixture(exports: dict[Era, Written]) -> None:
    mixed = exports["mixed"]
    assert {row["offline_timestamp"] >= 10**11 for row in mixed.rows("endsong")} == {False}
    assert mixed.rows("MyData/endvideo")
    assert mixed.rows("StreamingHistory_podcast_")
    shows = {t["artist"] for t in mixed.truth if t["kind"] == "podcast"}
    assert shows & {row["artistName"] for row in mixed.rows("MyData/StreamingHistory0")}
    assert mixed.rows("StreamingHistory_audiobook_")
    only_account = [t for t in mixed.truth if t["uri"] is None]
    assert only_account
    assert all(t["ended_at"].endswith(":00.000Z") for t in only_account)
    assert mixed.summary.oddities["account rows of a missing week"] > 0
    assert mixed.summary.oddities["collapsed account rows"] > 0
    assert mixed.summary.oddities["unknown placeholders"] > 0


def test_distinct_tracks_grow_slower_than_plays(
    exports: dict[Era, Written], tmp_path: Path
) -> None:
    small = write_export(tmp_path / "small.zip", plays=2_000, seed=11)
    large = exports["extended"].summary
    assert 3 < large.plays / large.distinct_tracks < 40
    assert large.distinct_tracks < 10 * small.distinct_tracks * 0.6


@pytest.mark.parametrize(("plays", "years", "until"), [(0, 10, None), (5, 0, None)])
def test_a_life_without_listens_or_years_is_refused(
    plays: int, years: int, until: None, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        write_export(tmp_path / "e.zip", plays=plays, seed=1, years=years, until=until)


def test_a_naive_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="aware"):
        write_export(
            tmp_path / "e.zip",
            plays=5,
            seed=1,
            until=datetime(2024, 1, 1),  # noqa: DTZ001 - what is refused
        )


def test_the_command_reports_what_it_wrote(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert generate_export(tmp_path / "e.zip", plays=50, json=True) is None
    told = json.loads(capsys.readouterr().out)
    assert told["plays"] == 50
    assert told["path"] == str(tmp_path / "e.zip")
    assert generate_export(tmp_path / "f.zip", plays=50) is None
    assert "50 listens" in capsys.readouterr().out
    assert zipfile.is_zipfile(tmp_path / "f.zip")
