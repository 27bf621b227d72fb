"""The same step twice at once, as two daemons or overlapping runs would start it, and in other time zones."""

import random
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import pytest

from jobmatch_dagster_tests.chaos.night import STEPS, Ended
from jobmatch_dagster_tests.chaos.stage import Child, Outcome, Stage, run_step
from jobmatch_dagster_tests.chaos.table import note

_INTERLEAVINGS = 5
# Hours before UTC, hours after it, and a zone that changes by half an hour.
_ZONES = ("America/New_York", "Pacific/Kiritimati", "Australia/Lord_Howe")
# How long the first one pauses while the second one works or waits for it.
_PAUSE_S = 0.4


@pytest.mark.parametrize("step", STEPS)
def test_a_step_twice_at_once_is_as_once(stage: Stage, step: str, record_property: Any) -> None:
    _twice(stage, step, [len(stage.before[step].points) // 2], record_property)


@pytest.mark.chaos
@pytest.mark.parametrize("step", STEPS)
def test_any_interleaving_of_a_step_is_as_once(stage: Stage, step: str, record_property: Any) -> None:
    rng = random.Random(step)  # noqa: S311 (a test that can be repeated)
    points = len(stage.before[step].points)
    _twice(stage, step, [rng.randrange(points) for _ in range(_INTERLEAVINGS)], record_property)


@pytest.mark.chaos
@pytest.mark.parametrize("zone", _ZONES)
def test_another_time_zone_changes_nothing(stage: Stage, zone: str, record_property: Any) -> None:
    for step in STEPS:
        outcome = stage.run(step, variables={"TZ": zone})
        assert outcome.ended.succeeded, outcome.ended.seen
        assert outcome.is_same, outcome.verdict
    note(record_property, f"time zone {zone}", "all steps", "all tables the same")


def _twice(stage: Stage, step: str, points: list[int], record_property: Any) -> None:
    outcomes = [_interleaved(stage, step, at) for at in points]
    refused = sum(bool(other.error) for _, other in outcomes)
    slowest = max(outcome.seconds_to_recover for outcome, _ in outcomes)
    saw = next((other.seen for _, other in outcomes if other.error), "")
    said = f"{len(outcomes)} interleavings, all tables the same; {refused} of the second runs refused"
    note(record_property, "the step twice at once", step, said, slowest, saw)


def _interleaved(stage: Stage, step: str, at: int) -> tuple[Outcome, Ended]:
    """The first process stops at a point while the second one starts; then both go on."""
    second: list[Future[Ended]] = []
    with ThreadPoolExecutor(1) as pool:

        def start_second(child: Child) -> None:
            second.append(pool.submit(run_step, step, child.place))
            wait(second, _PAUSE_S)

        outcome = stage.run(step, at=at, act=start_second, heal=lambda _: wait(second) and None)
    other = second[0].result()
    for ended in (outcome.ended, other):
        assert ended.succeeded or ended.expected, f"an error without a remedy: {ended.error}: {ended.seen}"
    assert outcome.is_same, f"at {stage.before[step].points[at]} ({at}): {outcome.verdict}"
    return outcome, other
