"""Everything that is counted or measured: names, labels and meanings, for the exposition and for the reference."""

from dataclasses import dataclass
from typing import Literal

_MOMENTS = (0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_MINUTES = (0.1, 1.0, 10.0, 60.0, 300.0, 1800.0)
_SIZES = (1_000.0, 4_000.0, 16_000.0, 64_000.0, 256_000.0)


@dataclass(frozen=True, slots=True)
class Family:
    """One metric, in each combination of its labels."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    meaning: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    """Upper bounds, of a histogram."""


BUILD = Family(
    "tonearm_build_info",
    "gauge",
    "1, with what runs here.",
    ("version", "database"),
)

REQUESTS = Family(
    "tonearm_http_requests_total",
    "counter",
    "Requests that were answered: route as declared (`none` where there is none, or a request was refused before), "
    "class of the status.",
    ("method", "route", "status"),
)
REQUEST_SECONDS = Family(
    "tonearm_http_request_duration_seconds",
    "histogram",
    "How long it took until an answer began.",
    ("method", "route"),
    _MOMENTS,
)
REQUESTS_IN_FLIGHT = Family(
    "tonearm_http_requests_in_flight",
    "gauge",
    "Requests under way, streams among them.",
)

TOOL_CALLS = Family(
    "tonearm_tool_calls_total",
    "counter",
    "Calls of assistants: tool, how they came (`mcp`, `rest`, `stdio`), `answered` or the code of the error.",
    ("tool", "surface", "outcome"),
)
TOOL_SECONDS = Family(
    "tonearm_tool_call_duration_seconds",
    "histogram",
    "How long assistants waited for a tool.",
    ("tool",),
    _MOMENTS,
)
TOOL_BYTES = Family(
    "tonearm_tool_answer_size_bytes",
    "histogram",
    "How large the answers of tools were.",
    ("tool",),
    _SIZES,
)

JOB_RUNS = Family(
    "tonearm_job_runs_total",
    "counter",
    "Jobs that this process was done with: `succeeded`, `failed`, `retried` (failed in a way that passes), `put_off`, "
    "`cancelled`, `given_back` or `lost` (to another worker).",
    ("queue", "name", "outcome"),
)
JOB_SECONDS = Family(
    "tonearm_job_run_duration_seconds", "histogram", "How long jobs ran.", ("name",), _MINUTES
)
JOBS = Family(
    "tonearm_jobs",
    "gauge",
    "Jobs in the database that are `due`, are for `later`, or are `running`.",
    ("queue", "state"),
)
OLDEST_JOB = Family(
    "tonearm_jobs_oldest_due_age_seconds",
    "gauge",
    "How long the job has been due that waits longest; 0 where none does.",
    ("queue",),
)

IMPORTS = Family(
    "tonearm_imports_total",
    "counter",
    "Imports and previews that ended here, by their state.",
    ("outcome",),
)
IMPORT_ROWS = Family(
    "tonearm_import_rows_total",
    "counter",
    "Rows of published imports, by verdict.",
    ("verdict",),
)

POLLS = Family(
    "tonearm_polls_total",
    "counter",
    "Polls of recent plays: they brought `new` ones or `nothing`, or there was something in the way: `blocked`, "
    "`outage`, `refused`, `relink_needed`.",
    ("outcome",),
)
SPOTIFY_CALLS = Family(
    "tonearm_spotify_calls_total",
    "counter",
    "Requests to Spotify's Web API, each try counted; status `none` where no answer came.",
    ("purpose", "status"),
)
SPOTIFY_SECONDS = Family(
    "tonearm_spotify_call_duration_seconds",
    "histogram",
    "How long Spotify took to answer.",
    ("purpose",),
    _MOMENTS,
)
LINKS = Family("tonearm_links", "gauge", "Links to Spotify accounts, by state.", ("state",))
BLOCKED_APPS = Family(
    "tonearm_spotify_apps_blocked", "gauge", "Apps that Spotify has locked out for a while."
)
BLOCKED_UNTIL = Family(
    "tonearm_spotify_blocked_until_timestamp_seconds",
    "gauge",
    "When the last of these lock-outs ends, in Unix time; 0 where there is none.",
)

EVENTS = Family("tonearm_events_told_total", "counter", "Events that became notifications.")
MAILS = Family(
    "tonearm_mails_total",
    "counter",
    "Messages that a mail server took (`sent`), or did not (`failed`).",
    ("outcome",),
)

CACHE_BYTES = Family(
    "tonearm_cache_size_bytes",
    "gauge",
    "Memory for what is prepared of listeners' plays (`columns`), and for `answers`.",
    ("cache",),
)
CACHE_HITS = Family("tonearm_cache_hits_total", "counter", "What was found in a cache.", ("cache",))
CACHE_MISSES = Family("tonearm_cache_misses_total", "counter", "What had to be made.", ("cache",))
CACHE_EVICTIONS = Family(
    "tonearm_cache_evictions_total", "counter", "What had to make room.", ("cache",)
)
DATABASE_UP = Family(
    "tonearm_database_up", "gauge", "Whether the database answered within a second: 1 or 0."
)
CONNECTIONS = Family(
    "tonearm_database_connections_in_use", "gauge", "Connections of this process that are at work."
)

COUNTED = (
    BUILD,
    REQUESTS,
    REQUEST_SECONDS,
    REQUESTS_IN_FLIGHT,
    TOOL_CALLS,
    TOOL_SECONDS,
    TOOL_BYTES,
    JOB_RUNS,
    JOB_SECONDS,
    IMPORTS,
    IMPORT_ROWS,
    POLLS,
    SPOTIFY_CALLS,
    SPOTIFY_SECONDS,
    EVENTS,
    MAILS,
)
"""What a process counts of its own work."""
LOOKED_UP_HERE = (CACHE_BYTES, CACHE_HITS, CACHE_MISSES, CACHE_EVICTIONS, CONNECTIONS, DATABASE_UP)
"""What is read off a process when it is asked for."""
LOOKED_UP_IN_DATABASE = (JOBS, OLDEST_JOB, LINKS, BLOCKED_APPS, BLOCKED_UNTIL)
"""What all processes of a database say alike."""
FAMILIES = (*COUNTED, *LOOKED_UP_HERE, *LOOKED_UP_IN_DATABASE)
