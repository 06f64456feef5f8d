"""What is to be in step with a job is changed in the transaction that changes the job's state."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from sqlalchemy import Connection

from tonearm.jobs.records import Job

Follower = Callable[[Connection, Job], None]
"""Told of a job that has just come to its new state, or that runs and was just asked to end; raising undoes it."""

Followers = Mapping[str, Follower]
"""Followers by the name of the jobs that they follow."""

NO_FOLLOWERS: Followers = MappingProxyType({})
