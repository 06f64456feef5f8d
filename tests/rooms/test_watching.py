"""What is counted of collecting, and what queues and links there are, as it is told to whoever watches."""

from datetime import timedelta
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from collecting import collecting
from moving_clock import MovingClock
from tonearm.bootstrap.metrics import expose
from tonearm.simulator.faults import Fault

TOKEN = "a-token-for-metrics-and-for-nothing-else"


def test_collecting_and_queues_are_told(
    database_url: str, clock: MovingClock, tmp_path: Path
) -> None:
    with collecting(database_url, tmp_path, clock, metrics_token=TOKEN) as room:
        room.link()
        room.simulator.faults.add(Fault("status", path="/me/player/recently-played", times=10_000))
        room.go_on(hours=2)
        with room.tonearm.database.write() as connection:
            for wait in (-90, -30, 3_600):
                room.tonearm.jobs.enqueue(
                    connection,
                    "importers.sweep",
                    {},
                    queue="housekeeping",
                    run_at=clock() + timedelta(seconds=wait),
                )
        exposition = expose(room.tonearm)
        assert exposition is not None
        body, _ = exposition.render(None)
        polls = room.jobs()
    told = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for metric in text_string_to_metric_families(body.decode())
        for sample in metric.samples
    }

    assert told["tonearm_polls_total", "new"] == 1
    assert told["tonearm_polls_total", "outage"] >= 2
    assert told["tonearm_job_runs_total", "collecting", "collector.poll", "succeeded"] == 1
    assert told["tonearm_job_runs_total", "collecting", "collector.poll", "retried"] >= 2
    assert len(polls) >= 2
    assert told["tonearm_spotify_calls_total", "200", "poll"] == 1
    # Each try of each poll that failed.
    assert (
        told["tonearm_spotify_calls_total", "503", "poll"]
        == 3 * told["tonearm_polls_total", "outage"]
    )
    assert told["tonearm_links", "linked"] == 1
    assert told["tonearm_jobs", "due", "housekeeping"] == 2
    assert told["tonearm_jobs", "housekeeping", "later"] >= 1
    assert told["tonearm_jobs_oldest_due_age_seconds", "housekeeping"] == 90
    assert told["tonearm_jobs_oldest_due_age_seconds", "imports"] == 0
