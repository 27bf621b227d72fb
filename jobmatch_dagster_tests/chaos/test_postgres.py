"""Faults of PostgreSQL: the run ends with a sentence that says what to do, and the next one loses nothing."""

from typing import Any

import pytest

from jobmatch_dagster_tests.chaos.night import STEPS
from jobmatch_dagster_tests.chaos.postgres import FAULTS, Server, act_on, fill, tiny_tablespace
from jobmatch_dagster_tests.chaos.stage import Child, Stage
from jobmatch_dagster_tests.chaos.table import note

# In `make test` each fault meets one step.
_ONE_EACH = list(zip(FAULTS, ("load", "match", "collect", "embed", "ask", "digest", "forget", "repair", "load", "match",
                              "ingest", "digest"), strict=True))  # fmt: skip
_ALL = [(fault, step) for fault in FAULTS for step in STEPS if (fault, step) not in _ONE_EACH]


@pytest.mark.parametrize(("fault", "step"), _ONE_EACH)
def test_a_fault_of_the_server_loses_nothing(
    stage: Stage, server: Server, fault: str, step: str, record_property: Any
) -> None:
    _run(stage, server, fault, step, record_property)


@pytest.mark.chaos
@pytest.mark.parametrize(("fault", "step"), _ALL)
def test_any_fault_at_any_step_loses_nothing(
    stage: Stage, server: Server, fault: str, step: str, record_property: Any
) -> None:
    _run(stage, server, fault, step, record_property)


@pytest.mark.parametrize("step", ["load", pytest.param("match", marks=pytest.mark.chaos)])
def test_a_full_disk_loses_nothing(stage: Stage, server: Server, step: str, record_property: Any) -> None:
    """The database is on a filesystem of its own, which is full when the step begins to write."""
    try:
        with tiny_tablespace(server) as (name, folder):
            ballast = []

            def act(_child: Child) -> None:
                ballast.append(fill(folder, leave=0))

            outcome = stage.run(step, act=act, at=0, heal=lambda _: ballast[0].unlink(), tablespace=name)
    except PermissionError as error:
        pytest.skip(str(error))
    assert outcome.ended.error == "DatabaseRefusedError", outcome.ended.seen
    assert "free some space" in outcome.ended.seen
    assert outcome.is_same, outcome.verdict
    note(record_property, "disk full", step, "failed, nothing lost", outcome.seconds_to_recover, outcome.ended.seen)


def _run(stage: Stage, server: Server, name: str, step: str, record_property: Any) -> None:
    fault, points = FAULTS[name], len(stage.before[step].points)
    at = None if fault.at is None else int(points * fault.at)
    outcome = stage.run(
        step,
        act=act_on(server, fault),
        at=at,
        before=at is None,
        heal=lambda url: fault.heal(server, url),
    )
    assert not outcome.ended.killed
    assert outcome.ended.expected, f"an error without a remedy: {outcome.ended.error}: {outcome.ended.seen}"
    assert outcome.is_same, outcome.verdict
    ended = "done all the same" if outcome.ended.succeeded else "failed, nothing lost"
    note(record_property, name, step, ended, outcome.seconds_to_recover, outcome.ended.seen)
