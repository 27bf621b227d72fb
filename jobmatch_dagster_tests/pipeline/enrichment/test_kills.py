"""A run killed at any named point and started again pays no stored answer twice and writes the same rows.

Two kinds of death: an exception that nothing catches, raised at a chosen moment in this process, and SIGKILL to a child
process. The stand-in outlives both and counts what it answered.
"""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.enrichment import ledger
from jobmatch_dagster.pipeline.enrichment import ask
from jobmatch_dagster.resources.claude_client import ClaudeClient
from jobmatch_dagster_tests.support.claude_stand_in import KEY, ClaudeStandIn
from jobmatch_dagster_tests.support.claude_world import ClaudeWorld

# Where a run dies: what is patched, and whether the run dies before or after it.
_POINTS: dict[str, tuple[Any, str, bool]] = {
    "before the call": (ClaudeClient, "ask", True),
    "after the answer": (ClaudeClient, "ask", False),
    "before the commit of the answer": (ledger, "store_answer", True),
    "after the statement, before its commit": (ledger, "store_answer", False),
    "after the claim, before its commit": (ledger, "claim", False),
    "before answers are applied": (ask, "write_verdicts", True),
    "after answers are applied, before their commit": (ask, "write_verdicts", False),
    "before a batch is submitted": (ClaudeClient, "create_batch", True),
    "after a batch is submitted": (ClaudeClient, "create_batch", False),
    "before the name of a batch is kept": (ledger, "name_batch", True),
    "after the name of a batch, before its commit": (ledger, "name_batch", False),
    "between submit and poll": (ClaudeClient, "batch", True),
    "before the results": (ClaudeClient, "results", True),
    "amid the results": (ledger, "store_answer", False),
}
_CLAIM = "after the claim, before its commit"
_DIRECT = [name for name in _POINTS if "batch" not in name and "poll" not in name and "results" not in name]
_BATCH = [name for name in _POINTS if name not in ("before the call", "after the answer")]
_RUNS_UNTIL_DONE = 12


class Killed(BaseException):
    """The end of a process, which no code may catch."""


@dataclass
class Tally:
    """Counts over many kills."""

    kills: int = 0
    needed: int = 0
    paid: int = 0
    by_point: dict[str, int] = field(default_factory=dict)


@contextmanager
def _death(point: str, visit: int) -> Iterator[list[bool]]:
    """Die at the given visit of a point; yields whether that happened."""
    owner, name, before = _POINTS[point]
    original = getattr(owner, name)
    visits, died = [0], [False]

    def dying(*args: Any, **kwargs: Any) -> Any:
        visits[0] += 1
        due = visits[0] == visit
        if due and before:
            died[0] = True
            raise Killed(point)
        result = original(*args, **kwargs)
        if due:
            died[0] = True
            raise Killed(point)
        return result

    setattr(owner, name, dying)
    try:
        yield died
    finally:
        setattr(owner, name, original)


def _kill_and_finish(
    world: ClaudeWorld, claude: ClaudeStandIn, rng: random.Random, *, batch: bool, tally: Tally, group: int
) -> None:
    """Start, die, start again until nothing waits; count what was paid twice."""
    world.anew()
    claude.forget()
    claude.polls = 0
    settings = {"batch_min": 1 if batch else 10_000, "concurrency": rng.choice((1, 1, 3)), "batch_max_requests": 15}
    settings["postings_per_request"] = group
    lost_in_flight = 0
    for _ in range(_RUNS_UNTIL_DONE):
        point = rng.choice(_BATCH if batch else _DIRECT)
        with _death(point, rng.randint(1, 12)) as died, suppress(Killed):
            world.enrich(**settings)
        if died[0]:
            tally.kills += 1
            tally.by_point[point] = tally.by_point.get(point, 0) + 1
            lost_in_flight += 0 if batch else settings["concurrency"] * group
    for _ in range(4):
        world.enrich(**settings)
    assert world.count("claude_status = 'done'") == world.count("TRUE")
    paid, needed = claude.paid.total(), world.questions
    assert len(claude.paid) == needed
    tally.needed += needed
    tally.paid += paid
    # A stored answer is never asked for again: each surplus call was in flight at a kill.
    assert paid - needed <= lost_in_flight
    calls = world.scalar("SELECT sum(attempts) FROM claude_requests")
    assert calls >= paid


def _many(world: ClaudeWorld, claude: ClaudeStandIn, at_least: int, seed: int, group: int = 1) -> Tally:
    rng = random.Random(seed)  # noqa: S311 (a test that can be repeated)
    tally = Tally()
    world.enrich()
    expected = world.rows()
    while tally.kills < at_least:
        for batch in (False, True):
            _kill_and_finish(world, claude, rng, batch=batch, tally=tally, group=group)
            assert world.rows() == expected
    return tally


def test_a_stored_answer_is_never_paid_again(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    tally = _many(claude_world, claude, at_least=12, seed=7)
    assert len(tally.by_point) > 4


def test_an_answer_from_a_group_is_never_paid_again(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    """The rows are those of single requests, and a killed group is paid again only if its answer was in flight."""
    tally = _many(claude_world, claude, at_least=12, seed=11, group=5)
    assert len(tally.by_point) > 4


@pytest.mark.nightly
@pytest.mark.parametrize("group", [1, 5])
def test_hundreds_of_kills_pay_no_answer_twice(
    claude_world: ClaudeWorld, claude: ClaudeStandIn, capsys: pytest.CaptureFixture[str], group: int
) -> None:
    tally = _many(claude_world, claude, at_least=240, seed=2026, group=group)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{tally.kills} kills; {tally.needed} distinct requests, {tally.paid} paid, of these "
            f"{tally.paid - tally.needed} in flight when killed\n"
            + "".join(f"{count:5} {point}\n" for point, count in sorted(tally.by_point.items()))
        )
    assert set(tally.by_point) == set(_POINTS)


@pytest.mark.parametrize("group", [1, 5])
@pytest.mark.parametrize("point", [name for name in _POINTS if name in _BATCH])
def test_a_batch_is_never_submitted_twice(
    claude_world: ClaudeWorld, claude: ClaudeStandIn, point: str, group: int
) -> None:
    """At every point of a batch's life, each distinct request is paid exactly once."""
    with _death(point, 1) as died:
        for _ in range(3):
            with suppress(Killed):
                claude_world.enrich(batch_min=1, postings_per_request=group)
            claude.end_batches()
    assert died[0]
    for _ in range(4):
        claude.end_batches()
        claude_world.enrich(batch_min=1, postings_per_request=group)
    assert claude_world.count("claude_status = 'done'") == claude_world.count("TRUE")
    assert set(claude.paid.values()) == {1}
    assert len(claude.paid) == claude_world.questions


_CHILD = """
import os, signal, sys
from jobmatch_dagster_tests.support.claude_world import ClaudeWorld
from jobmatch_dagster_tests.pipeline.enrichment import test_kills as kills
from jobmatch_dagster.db.connection.engine import Database
url, point, visit = sys.argv[1], sys.argv[2], int(sys.argv[3])
batch_min, group = int(sys.argv[4]), int(sys.argv[5])
kills.arm(point, visit)
from jobmatch_dagster.pipeline.enrichment.ask import enrich_pairs
from jobmatch_dagster.resources.matching import MatchingResource
claude = ClaudeWorld.resource(batch_min=batch_min, concurrency=1, postings_per_request=group)
enrich_pairs(Database(url), claude, MatchingResource(), "child")
"""


def arm(point: str, visit: int) -> None:
    """In a child: SIGKILL at the given visit of the point."""
    owner, name, before = _POINTS[point]
    original: Callable[..., Any] = getattr(owner, name)
    visits = [0]

    def dying(*args: Any, **kwargs: Any) -> Any:
        visits[0] += 1
        result = None if before and visits[0] == visit else original(*args, **kwargs)
        if visits[0] == visit:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, dying)


def _sigkill(database: Database, point: str, visit: int, batch_min: int, group: int) -> None:
    environment = {**os.environ, "ANTHROPIC_API_KEY": KEY}
    child = subprocess.run(
        [sys.executable, "-c", _CHILD, database.url, point, str(visit), str(batch_min), str(group)],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    assert child.returncode == -signal.SIGKILL, child.stderr[-2000:]


@pytest.mark.nightly
@pytest.mark.parametrize("group", [1, 5])
@pytest.mark.parametrize("point", _POINTS)
def test_sigkill(claude_world: ClaudeWorld, claude: ClaudeStandIn, point: str, group: int) -> None:
    _sigkill_and_finish(claude_world, claude, point, group)


@pytest.mark.parametrize("group", [1, 5])
def test_sigkill_between_answer_and_commit(claude_world: ClaudeWorld, claude: ClaudeStandIn, group: int) -> None:
    _sigkill_and_finish(claude_world, claude, "before the commit of the answer", group)


def _sigkill_and_finish(world: ClaudeWorld, claude: ClaudeStandIn, point: str, group: int) -> None:
    batch_min = 10_000 if point in _DIRECT else 1
    claude.polls = 0
    if "poll" in point or "results" in point:
        world.enrich(batch_min=1, postings_per_request=group)
    visit = 3 if _POINTS[point][1] in ("ask", "store_answer", "claim") else 1
    _sigkill(world.database, point, visit, batch_min, group)
    for _ in range(4):
        world.enrich(batch_min=batch_min, postings_per_request=group)
    assert world.count("claude_status = 'done'") == world.count("TRUE")
    # One call at a time in the child: at most that one was in flight.
    in_flight = group * int(batch_min > 1)
    assert world.questions <= claude.paid.total() <= world.questions + in_flight
