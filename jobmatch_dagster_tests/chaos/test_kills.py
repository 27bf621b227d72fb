"""SIGKILL at the points of each step: the next run ends with the tables, files and bills of a run without a kill.

A point is before or after a statement, a commit, a COPY, a call to a service or a write of files.
"""

import random
from collections.abc import Sequence
from typing import Any

import pytest

from jobmatch_dagster_tests.chaos.night import STEPS
from jobmatch_dagster_tests.chaos.stage import Child, Outcome, Stage
from jobmatch_dagster_tests.chaos.table import note

# Of each step, how far into it: about fifty kills over all steps with those of test_postgres.py.
_SAMPLE = (0.2, 0.6, 0.9)
_RANDOM_KILLS = 500


@pytest.mark.parametrize("step", STEPS)
def test_a_sample_of_kills_changes_nothing(stage: Stage, step: str, record_property: Any) -> None:
    points = len(stage.before[step].points)
    _kill_at(stage, step, [int(points * part) for part in _SAMPLE], record_property)


@pytest.mark.chaos
@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_every_point_changes_nothing(stage: Stage, step: str, record_property: Any) -> None:
    _kill_at(stage, step, range(len(stage.before[step].points)), record_property)


@pytest.mark.chaos
def test_kills_at_random_instants_change_nothing(stage: Stage, record_property: Any) -> None:
    rng = random.Random(2026)  # noqa: S311 (a test that can be repeated)
    outcomes = []
    for number in range(_RANDOM_KILLS):
        step = list(STEPS)[number % len(STEPS)]
        after_s = rng.uniform(0, stage.before[step].seconds * 1.2)
        outcomes.append(stage.run(step, act=Child.kill, after_s=after_s))
        assert outcomes[-1].is_same, f"killed after {after_s:.3f} s: {outcomes[-1].verdict}"
    killed = [outcome for outcome in outcomes if outcome.ended.killed]
    assert len(killed) > _RANDOM_KILLS / 2
    _note(record_property, "SIGKILL at a random instant", "all steps", killed)


def _kill_at(stage: Stage, step: str, points: Sequence[int], record_property: Any) -> None:
    outcomes = []
    for at in points:
        outcomes.append(stage.run(step, act=Child.kill, at=at))
        assert outcomes[-1].ended.killed
        assert outcomes[-1].is_same, f"killed {stage.before[step].points[at]} ({at}): {outcomes[-1].verdict}"
    _note(record_property, "SIGKILL", f"{step}, {len(outcomes)} of {len(stage.before[step].points)} points", outcomes)


def _note(record_property: Any, fault: str, where: str, outcomes: Sequence[Outcome]) -> None:
    slowest = max(outcome.seconds_to_recover for outcome in outcomes)
    saw = "a run that Dagster marks as failed or retries"
    note(record_property, fault, where, f"{len(outcomes)} kills, all tables the same", slowest, saw)
