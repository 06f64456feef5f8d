"""The command line as a person or a script meets it: real processes on a fresh data folder."""

import csv
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import tonearm
from commands import run_command
from tonearm.history.evidence import Lane
from tonearm.storage.columns import unpack
from tonearm.testing.export import write_export

pytestmark = pytest.mark.slow

PLAYS = 40_000
SMALL_PLAYS = 2_000
TRACKDONE = "trackdone"


@dataclass(frozen=True)
class Export:
    path: Path
    truth: list[dict[str, Any]]

    @property
    def music(self) -> list[dict[str, Any]]:
        return [play for play in self.truth if play["kind"] == "music"]

    @property
    def counted(self) -> list[dict[str, Any]]:
        """Music that the rule `30s` counts."""
        return [
            play
            for play in self.music
            if play["ms_played"] >= 30_000
            or (play["reason_end"] == TRACKDONE and play["ms_played"] > 0)
        ]


def make_export(folder: Path, plays: int, seed: int) -> Export:
    path, truth = folder / "my_spotify_data.zip", folder / "truth.jsonl"
    write_export(path, plays=plays, seed=seed, truth=truth, years=3)
    return Export(path, [json.loads(line) for line in truth.read_bytes().splitlines()])


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Export:
    return make_export(tmp_path_factory.mktemp("large"), PLAYS, 5)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Export:
    return make_export(tmp_path_factory.mktemp("small"), SMALL_PLAYS, 6)


class Shell:
    """Runs `tonearm` on a data folder of its own, without a terminal."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self._folder = folder
        self._env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("TONEARM")},
            "TONEARM_DATA_DIR": str(self.data),
            "TZ": "UTC",
            "COLUMNS": "200",
        }

    def start(self, *words: str | Path) -> subprocess.Popen[str]:
        return subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "tonearm", *map(str, words)],
            env=self._env, cwd=self._folder, text=True, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(
        self, *words: str | Path, code: int = 0, stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        done = run_command(*words, env=self._env, folder=self._folder, text=stdin)
        assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
        return done

    def json(self, *words: str | Path, code: int = 0) -> Any:  # noqa: ANN401 - whatever the document is
        """Run with `--json`: one document on standard output and nothing else."""
        done = self.run(*words, "--json", code=code)
        return json.loads(done.stdout)

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        """Look into the database itself."""
        connection = sqlite3.connect(self.data / "tonearm.db", timeout=10)
        try:
            return connection.execute(statement).fetchall()
        finally:
            connection.close()

    def phase(self) -> tuple[str, str | None] | None:
        """Give state and phase of the newest import, None where there is none yet."""
        try:
            rows = self.ask("SELECT state, phase FROM imports ORDER BY id DESC LIMIT 1")
        except sqlite3.OperationalError:
            return None
        return rows[0] if rows else None


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def check_history(shell: Shell, export: Export) -> None:
    """The history is the export's truth, each play once, and nothing lies about."""
    found: Counter[tuple[int, int]] = Counter()
    blobs = shell.ask(
        "SELECT data FROM segments JOIN manifest USING (user_id, lane, month, revision) "  # noqa: S608 - a number
        f"WHERE lane = {int(Lane.PLAYS)}"
    )
    for (blob,) in blobs:
        columns = unpack(blob)
        found.update(zip(columns["ended_at"].tolist(), columns["ms_played"].tolist(), strict=True))
    truth = Counter((ms_of(play["ended_at"]), play["ms_played"]) for play in export.truth)
    assert found == truth
    check_no_orphans(shell)
    totals = shell.json("stats", "totals")
    assert totals["plays"] == len(export.counted)
    assert totals["ms_played"] == sum(play["ms_played"] for play in export.music)


def check_no_orphans(shell: Shell) -> None:
    unreferenced = shell.ask(
        "SELECT count(*) FROM segments LEFT JOIN manifest USING (user_id, lane, month, revision) "
        "WHERE manifest.rows IS NULL"
    )
    assert unreferenced == [(0,)]
    dangling = shell.ask(
        "SELECT count(*) FROM manifest LEFT JOIN segments USING (user_id, lane, month, revision) "
        "WHERE segments.data IS NULL"
    )
    assert dangling == [(0,)]


def check_spool_is_swept(shell: Shell) -> None:
    """After a day the next command leaves nothing of what was killed."""
    spool = shell.data / "spool"
    for folder in spool.iterdir():
        os.utime(folder, (0, 0))
    connection = sqlite3.connect(shell.data / "tonearm.db", timeout=10)
    with connection:
        connection.execute("UPDATE imports SET finished_at = '2020-01-01 00:00:00.000000'")
    connection.close()
    (shell.data.parent / "none.json").write_text("[]")
    shell.run("import", "none.json", code=1)
    assert len(list(spool.iterdir())) <= 1  # that of the import which just failed


def ms_of(moment: str) -> int:
    from datetime import datetime  # noqa: PLC0415 - only here

    return round(datetime.fromisoformat(moment).timestamp() * 1000)


def test_import_and_stats_as_the_very_first_commands(shell: Shell, small: Export) -> None:
    done = shell.run("import", small.path)
    assert f"{SMALL_PLAYS:,} new plays" in done.stdout
    assert done.stderr == ""
    tops = shell.json("stats", "top-artists", "--limit", "500")
    told = Counter(play["artist"] for play in small.counted if play["artist"])
    assert {item["name"]: item["plays"] for item in tops["items"]} == dict(told)
    assert [item["rank"] for item in tops["items"]] == list(range(1, len(told) + 1))
    plays = [item["plays"] for item in tops["items"]]
    assert plays == sorted(plays, reverse=True)
    assert tops["covered"]["rule"] == "30s"
    check_history(shell, small)
    assert shell.phase() == ("published", None)
    assert list((shell.data / "spool").iterdir()) == []


def test_every_stats_command(shell: Shell, small: Export) -> None:
    first = shell.json("import", small.path)
    assert (first["state"], first["counts"]["new"]) == ("published", SMALL_PLAYS)
    by_time: Counter[str] = Counter()
    for play in small.music:
        by_time[play["title"]] += play["ms_played"]
    top = shell.json("stats", "top-tracks", "--by", "time", "--limit", "5", "--rule", "any")
    assert len(top["items"]) == 5
    assert top["by"] == "time"
    albums = shell.json("stats", "top-albums", "--range", "2024", "--zone", "Asia/Kolkata")
    assert (albums["covered"]["range"], albums["covered"]["zone"]) == ("2024", "Asia/Kolkata")
    assert albums["covered"]["from_at"] == "2023-12-31T18:30:00Z"
    heatmap = shell.json("stats", "heatmap", "--kind", "podcast")
    assert len(heatmap["items"]) == 168
    podcasts = [play for play in small.truth if play["kind"] == "podcast"]
    assert sum(cell["ms_played"] for cell in heatmap["items"]) == sum(
        play["ms_played"] for play in podcasts
    )
    months = shell.json("stats", "timeline", "--unit", "month")
    assert sum(unit["plays"] for unit in months["items"]) == len(small.counted)
    for measure in ("totals", "top-artists"):
        table = shell.run("stats", measure).stdout
        assert "rule 30s" in table
        assert "{" not in table


BAD: tuple[tuple[Sequence[str], int, str], ...] = (
    (("import", "nowhere.zip"), 2, "nowhere.zip"),
    (("import", "bad.json"), 1, "No listening history"),
    (("import", "bad.json", "--user", "nobody"), 1, "There is no user 'nobody'"),
    (("stats", "nothing"), 2, "top-artists"),
    (("stats", "totals", "--range", "last_6_days"), 2, "no range"),
    (("stats", "totals", "--zone", "Mars/Olympus"), 2, "no time zone"),
    (("stats", "totals", "--rule", "99s"), 2, "99s"),
    (("stats", "totals", "--limit", "3"), 2, "--limit"),
    (("stats", "top-artists", "--limit", "0"), 2, "limit"),
    (("imports", "show", "7"), 1, "There is no import 7"),
    (("imports", "ledger", "7"), 1, "There is no import 7"),
    (("imports", "ledger", "7", "--csv", "--jsonl"), 2, "Choose one"),
    (("users", "set-password", "nobody"), 1, "There is no user 'nobody'"),
    (("frobnicate",), 2, "frobnicate"),
)  # fmt: skip


def test_keys_from_making_to_revoking(shell: Shell) -> None:
    made = shell.json(
        "keys", "create", "phone", "--scopes", "history:read, player", "--expires", "90d"
    )
    assert made["key"].startswith("tnrm_")
    assert made["scopes"] == ["history:read", "player"]
    (listed,) = shell.json("keys", "list")["items"]
    assert (listed["id"], listed["name"], listed["used_at"]) == (made["id"], "phone", None)
    assert made["key"] not in shell.run("keys", "list").stdout
    rotated = shell.run("keys", "rotate", made["id"], "--overlap", "1d").stdout.strip()
    assert rotated.startswith("tnrm_")
    assert rotated != made["key"]
    assert len(shell.json("keys", "list")["items"]) == 2
    shell.run("keys", "revoke", made["id"])
    assert len(shell.json("keys", "list")["items"]) == 1
    assert "no scope 'all'" in shell.run("keys", "create", "x", "--scopes", "all", code=2).stderr
    assert (
        "90d"
        in shell.run("keys", "create", "x", "--scopes", "mcp", "--expires", "soon", code=2).stderr
    )
    assert "no key 77" in shell.run("keys", "revoke", "77", code=1).stderr
    assert (
        "history:write  add plays, correct and clear the history"
        in shell.run("keys", "scopes").stdout
    )


def test_bad_calls_say_so_in_words_and_exit_codes(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{}")
    for words, code, said in BAD:
        done = shell.run(*words, code=code)
        assert said in done.stderr, (words, done.stderr)
        assert done.stdout == "", words


def test_settings_that_cannot_be_are_a_usage_error(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("TONEARM_IMPORT_ROWS=0\n")
    assert "TONEARM_IMPORT_ROWS" in shell.run("imports", "list", code=2).stderr
    (tmp_path / ".env").write_text("TONEARM_IMPORT_ROWS=10\n")
    (tmp_path / "many.json").write_text(json.dumps([{"ts": "2024-01-01T00:00:00Z"}] * 11))
    assert "TONEARM_IMPORT_ROWS" in shell.run("import", "many.json", code=1).stderr


def test_imports_from_preview_to_undo(shell: Shell, small: Export) -> None:
    assert shell.json("imports", "list") == {"items": []}
    preview = shell.json("import", small.path, "--dry-run")
    assert (preview["state"], preview["is_preview"]) == ("previewed", True)
    assert preview["counts"]["new"] == SMALL_PLAYS
    assert shell.json("stats", "totals")["plays"] == 0
    record = shell.json("import", small.path)
    shown = shell.json("imports", "show", "2")
    assert shown == record
    assert [item["id"] for item in shell.json("imports", "list")["items"]] == [2, 1]
    assert "previewed" in shell.run("imports", "list").stdout
    rows = list(csv.DictReader(shell.run("imports", "ledger", "2").stdout.splitlines()))
    lines = [
        json.loads(line)
        for line in shell.run("imports", "ledger", "2", "--jsonl").stdout.splitlines()
    ]
    verdicts = Counter(row["verdict"] for row in rows)
    assert verdicts == Counter(line["verdict"] for line in lines)
    counts = record["counts"]
    assert len(rows) == counts["rows"]
    assert verdicts == Counter(
        {name: count for name, count in counts.items() if name != "rows" and count}
    )
    previewed = shell.run("imports", "ledger", "1", "--csv").stdout
    assert len(previewed.splitlines()) == len(rows) + 1
    only = shell.run("imports", "ledger", "2", "--verdict", "no_content", "--jsonl").stdout
    assert len(only.splitlines()) == counts["no_content"]
    again = shell.json("import", small.path)["counts"]
    assert (again["new"], again["improved"]) == (0, 0)
    assert shell.json("imports", "undo", "3")["state"] == "undone"
    check_history(shell, small)
    assert "undone" in shell.run("imports", "undo", "2").stdout
    assert shell.json("stats", "totals")["plays"] == 0
    check_no_orphans(shell)
    assert shell.run("imports", "undo", "2", code=1).stdout == ""


def test_a_folder_and_several_listeners(shell: Shell, small: Export, tmp_path: Path) -> None:
    folder = tmp_path / "exports" / "inner"
    folder.mkdir(parents=True)
    (folder / "a.zip").write_bytes(small.path.read_bytes())
    bo = shell.json("users", "add", "Bo", "--zone", "Asia/Kolkata")
    assert (bo["name"], bo["zone"], bo["has_password"]) == ("Bo", "Asia/Kolkata", False)
    assert "Another listener has this name" in shell.run("users", "add", "BO", code=1).stderr
    shell.run("import", tmp_path / "exports", "--user", "bo")
    assert shell.json("stats", "totals")["plays"] == 0
    his = shell.json("stats", "totals", "--user", "Bo")
    assert (his["plays"], his["covered"]["zone"]) == (len(small.counted), "Asia/Kolkata")
    shell.run("users", "set-password", "Bo", stdin="correct horse battery\n")
    assert shell.run("users", "set-password", "Bo", stdin="x\n", code=2).stderr
    people = {user["name"]: user for user in shell.json("users", "list")["items"]}
    assert people["Bo"]["has_password"]
    assert "correct horse" not in json.dumps(people)
    assert "password_hash" not in json.dumps(people)
    assert "owner" in shell.run("users", "list").stdout


def test_version_names_version_and_place(shell: Shell) -> None:
    said = shell.run("--version").stdout
    assert tonearm.__version__ in said
    assert str(Path(tonearm.__file__).parent) in said
    assert not shell.data.exists()


# What is killed. The phases are read from the imports table, the moment of death is chosen by it.


def kill_when(process: subprocess.Popen[str], is_time: Callable[[], bool]) -> bool:
    """End a process the hard way at a moment; give whether it was still alive then."""
    deadline = time.monotonic() + 60
    while process.poll() is None and not is_time():
        assert time.monotonic() < deadline
        time.sleep(0.002)
    is_alive = process.poll() is None
    if is_alive:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    return is_alive


@pytest.mark.parametrize("phase", ["stage", "match", "write"])
def test_a_kill_in_every_phase_and_a_repeat_ends_with_the_right_plays(
    phase: str, shell: Shell, large: Export
) -> None:
    shell.run("users", "list")
    process = shell.start("import", large.path)
    if phase == "stage":
        # The row says nothing before half a second has passed: what is written into the spool does.
        spool = shell.data / "spool"
        assert kill_when(process, lambda: any(spool.glob("*/*.stage")))
    else:
        assert kill_when(process, lambda: shell.phase() == ("running", phase))
    state = shell.phase()
    assert state is not None
    assert state[0] == "running"
    assert shell.json("stats", "totals")["plays"] == 0
    done = shell.json("import", large.path)
    assert (done["state"], done["counts"]["new"]) == ("published", len(large.truth))
    check_history(shell, large)
    killed = shell.json("imports", "show", "1")
    assert (killed["state"], killed["problem_code"]) == ("failed", "interrupted")
    check_spool_is_swept(shell)


def test_kills_at_any_moment_and_a_repeat_end_with_the_right_plays(
    shell: Shell, large: Export
) -> None:
    """From the first breath of the process to its last, on one data folder, then once to the end."""
    begun = time.monotonic()
    process = shell.start("import", large.path, "--dry-run")
    process.communicate()
    whole = time.monotonic() - begun
    killed = 0
    for part in (0.2, 0.4, 0.55, 0.65, 0.75, 0.85, 0.95):
        begun = time.monotonic()
        process = shell.start("import", large.path)
        with suppress(subprocess.TimeoutExpired):
            process.wait(whole * part)
            # It was quicker than the trial run: the next one is killed within that time.
            whole = time.monotonic() - begun
        killed += process.poll() is None
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    assert killed >= 4
    done = shell.json("import", large.path)
    assert done["state"] == "published"
    check_history(shell, large)
    check_spool_is_swept(shell)


@pytest.mark.parametrize("seconds", [0.0, 0.1])
def test_an_interrupt_ends_with_130_and_words(shell: Shell, large: Export, seconds: float) -> None:
    shell.run("users", "list")
    process = shell.start("import", large.path)
    deadline = time.monotonic() + 60
    while shell.phase() is None:
        assert time.monotonic() < deadline
        time.sleep(0.002)
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    said, complained = process.communicate(timeout=30)
    assert process.returncode == 130
    assert said == ""
    assert complained.strip() == "tonearm: interrupted"
    assert shell.json("imports", "list")["items"][0]["state"] == "cancelled"
    assert shell.json("import", large.path)["state"] == "published"
    check_history(shell, large)


def test_two_commands_at_once_share_one_folder(shell: Shell, small: Export, large: Export) -> None:
    """Both begin on a folder that is not there yet: one migration, one owner, both histories."""
    processes = [shell.start("import", export.path, "--json") for export in (small, large, small)]
    for process in processes:
        said, complained = process.communicate(timeout=120)
        assert (process.returncode, complained) == (0, "")
        assert json.loads(said)["state"] == "published"
    assert len(shell.json("users", "list")["items"]) == 1
    check_history(shell, Export(small.path, small.truth + large.truth))


def test_a_worker_that_is_killed_leaves_its_import_to_the_next(shell: Shell, large: Export) -> None:
    from tonearm.bootstrap import build  # noqa: PLC0415 - only here
    from tonearm.ops.settings import Settings  # noqa: PLC0415 - only here

    built = build(Settings(data_dir=shell.data))
    owner = built.accounts.ensure_owner()
    spool = built.imports.create_spool()
    (spool / "0").write_bytes(large.path.read_bytes())
    built.imports.submit(owner.id, spool, ["my_spotify_data.zip"])
    built.close()
    worker = shell.start("worker")
    assert kill_when(worker, lambda: any(spool.glob("*.stage")))
    # The child lives in the worker's session and died with it.
    assert shell.phase() in (("running", None), ("running", "stage"), ("running", "match"))
    second = shell.start("worker")
    deadline = time.monotonic() + 60
    while (shell.phase() or ("",))[0] != "published":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    second.send_signal(signal.SIGTERM)
    _, complained = second.communicate(timeout=30)
    assert second.returncode == 0
    assert "Traceback" not in complained
    check_history(shell, large)
    # Its folder goes right after the import was published.
    assert not spool.exists()
