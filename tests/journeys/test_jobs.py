"""Jobs from outside: over HTTP and on the command line."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from commands import Ran, run_command
from serving import PASSWORD, serve, set_up
from tonearm.accounts.people import Accounts
from tonearm.jobs.queue import Jobs
from tonearm.ops.clock import system_clock
from tonearm.storage.database import Database


@pytest.fixture
def base(tmp_path: Path) -> Iterator[str]:
    with serve(tmp_path) as base:
        yield base


@pytest.fixture
def owner(base: str) -> Iterator[httpx2.Client]:
    with set_up(base) as client:
        yield client


@pytest.fixture
def jobs(base: str, owner: httpx2.Client, tmp_path: Path) -> Iterator[Jobs]:
    assert base
    assert owner
    database = Database(f"sqlite:///{tmp_path / 'tonearm.db'}")
    yield Jobs(database, system_clock)
    database.close()


def enqueue(jobs: Jobs, user_id: int | None, name: str = "test.nobody_does_this") -> int:
    with jobs._database.write() as connection:  # noqa: SLF001 - as a room below would
        return jobs.enqueue(connection, name, {"a": 1}, queue="test", user_id=user_id)


def test_a_listener_sees_and_ends_the_own_jobs_and_no_others(
    owner: httpx2.Client, base: str, jobs: Jobs, tmp_path: Path
) -> None:
    ada = owner.get("/api/user/profile").json()["id"]
    database = Database(f"sqlite:///{tmp_path / 'tonearm.db'}")
    accounts = Accounts(database, system_clock)
    bob = accounts.add("Bob", "UTC").id
    accounts.set_password(bob, PASSWORD)
    database.close()
    first, second, other = enqueue(jobs, ada), enqueue(jobs, ada), enqueue(jobs, bob)

    page = owner.get("/api/jobs", params={"limit": 1}).json()
    assert [job["id"] for job in page["items"]] == [second]
    rest = owner.get("/api/jobs", params={"cursor": page["next_cursor"]}).json()
    assert ([job["id"] for job in rest["items"]], rest["next_cursor"]) == ([first], None)
    assert owner.get("/api/jobs", params={"state": "running"}).json()["items"] == []
    assert owner.get("/api/jobs", params={"state": "runnning"}).status_code == 422

    for method, path in (
        ("get", ""),
        ("get", "/logs"),
        ("get", "/events"),
        ("post", "/cancel"),
        ("post", "/retry"),
    ):
        assert owner.request(method, f"/api/jobs/{other}{path}").status_code == 404
    assert owner.post(f"/api/jobs/{first}/cancel").json()["state"] == "cancelled"
    assert owner.post(f"/api/jobs/{first}/cancel").status_code == 409
    assert owner.post(f"/api/jobs/{first}/retry").json()["state"] == "queued"
    owner.post(f"/api/jobs/{second}/cancel")
    jobs.cancel(other)
    for which, count in (({"ids": [first, second, other]}, 1), ({}, 0)):
        assert owner.post("/api/jobs/retry", json=which).json() == {"count": count}
    assert jobs.retry_many([other]) == 1
    with httpx2.Client(base_url=base) as client:
        client.post("/api/auth/login", json={"name": "Bob", "password": PASSWORD})
        assert [job["id"] for job in client.get("/api/jobs").json()["items"]] == [other]
        for path in ("/api/admin/jobs", "/api/admin/queues"):
            assert client.get(path).status_code == 403

    assert owner.post(f"/api/admin/jobs/{other}/cancel").json()["state"] == "cancelled"
    mine = owner.get("/api/admin/jobs", params={"queue": "test"}).json()["items"]
    assert {job["id"] for job in mine} == {first, second, other}


def test_what_admins_do_to_jobs_and_queues_is_written_down(
    owner: httpx2.Client, base: str, jobs: Jobs, tmp_path: Path
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'tonearm.db'}")
    accounts = Accounts(database, system_clock)
    bob = accounts.add("Bob", "UTC").id
    accounts.set_password(bob, PASSWORD)
    database.close()
    job = enqueue(jobs, bob)

    owner.get("/api/admin/jobs", params={"user_id": bob}).raise_for_status()
    assert owner.get("/api/admin/jobs", params={"user_id": 999}).status_code == 404
    for deed in ("cancel", "retry"):
        owner.post(f"/api/admin/jobs/{job}/{deed}").raise_for_status()
    owner.post(f"/api/admin/jobs/{job}/retry")  # is queued already: nothing is done
    owner.patch("/api/admin/queues/test", json={"is_paused": True}).raise_for_status()
    owner.post(f"/api/jobs/{enqueue(jobs, 1)}/cancel").raise_for_status()  # one's own

    log = owner.get("/api/admin/audit").json()["items"]
    assert [(one["action"], one["subject_id"], one["details"]) for one in log[:4]] == [
        ("queue.changed", None, {"queue": "test", "is_paused": True}),
        ("job.retried", bob, {"job": job, "name": "test.nobody_does_this"}),
        ("job.cancelled", bob, {"job": job, "name": "test.nobody_does_this"}),
        ("data.read", bob, {"path": "/api/admin/jobs"}),
    ]
    assert {one["actor"] for one in log[:4]} == {"Ada"}
    with httpx2.Client(base_url=base) as client:
        client.post("/api/auth/login", json={"name": "Bob", "password": PASSWORD})
        seen = client.get("/api/user/audit").json()["items"]
        assert [one["action"] for one in seen[1:4]] == ["job.retried", "job.cancelled", "data.read"]


def test_a_job_is_watched_to_its_end(owner: httpx2.Client, jobs: Jobs) -> None:
    job_id = enqueue(jobs, owner.get("/api/user/profile").json()["id"])
    seen = []

    with owner.stream("GET", f"/api/jobs/{job_id}/events") as answer:
        for line in answer.iter_lines():
            if line.startswith("event:"):
                seen.append(line.removeprefix("event:").strip())
            if line.startswith("data:") and seen == ["progress"]:
                assert json.loads(line.removeprefix("data:"))["state"] == "queued"
                jobs.cancel(job_id)

    assert seen == ["progress", "progress", "end"]


def test_queues_are_paused_bounded_and_retried(owner: httpx2.Client, jobs: Jobs) -> None:
    enqueue(jobs, None)
    place = "/api/admin/queues/test"

    assert [queue["name"] for queue in owner.get("/api/admin/queues").json()["items"]] == [
        "collecting",
        "covers",
        "housekeeping",
        "imports",
        "test",
    ]
    changed = owner.patch(place, json={"is_paused": True, "concurrency": 2}).json()
    assert changed["paused_at"] is not None
    assert changed["concurrency"] == 2
    changed = owner.patch(place, json={"is_paused": False, "concurrency": 0}).json()
    assert (changed["paused_at"], changed["concurrency"]) == (None, None)
    assert owner.patch(place, json={"concurrency": -1}).status_code == 422
    assert owner.patch("/api/admin/queues/tset", json={}).status_code == 404
    assert owner.post(f"{place}/retry-failed").json() == {"count": 0}


def test_jobs_on_the_command_line(jobs: Jobs, tmp_path: Path) -> None:
    job_id = enqueue(jobs, None)

    def run(*arguments: str) -> Ran:
        return run_command("jobs", *arguments, env={"TONEARM_DATA_DIR": str(tmp_path)})

    listed = json.loads(run("list", "--queue", "test", "--json").stdout)
    assert [job["id"] for job in listed["items"]] == [job_id]
    assert run("cancel", str(job_id)).stdout == f"Job {job_id} is cancelled.\n"
    assert run("retry", str(job_id)).stdout == "1 job queued.\n"
    again = enqueue(jobs, None)
    assert [run("cancel", str(number)).returncode for number in (job_id, again)] == [0, 0]
    assert run("retry", str(job_id), str(again)).stdout == "2 jobs queued.\n"
    assert run("retry", "--failed").stdout == "0 jobs queued.\n"
    assert run("retry").returncode == 2
    assert run("pause", "test").stdout == "test is paused.\n"
    assert "paused" in run("queues").stdout
    assert run("resume", "test").returncode == 0
    assert run("pause", "tset").stderr == (
        "tonearm: There is no queue tset. There are collecting, covers, housekeeping, imports, test.\n"
    )
    shown = run("show", str(job_id)).stdout
    assert f"Job {job_id}: test.nobody_does_this in queue test, queued" in shown
    assert run("show", "999999").returncode == 1
