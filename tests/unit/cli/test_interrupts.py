"""Ctrl-C in the midst of a step that has to be done wholly."""

import os
import signal

import pytest

from tonearm.cli.session import interrupts_held


def test_a_step_is_done_before_it_is_interrupted() -> None:
    done: list[str] = []

    @interrupts_held()
    def step() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        done.append("wholly")

    with pytest.raises(KeyboardInterrupt):
        step()
    assert done == ["wholly"]
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_what_goes_wrong_in_a_step_is_told_and_interrupts_work_again() -> None:
    with pytest.raises(LookupError), interrupts_held():
        raise LookupError
    with interrupts_held():
        pass
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
