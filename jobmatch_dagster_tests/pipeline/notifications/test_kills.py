"""A run that dies anywhere, and two at once: each match is announced once, each digest has one key, nothing is lost.

Two kinds of death: an exception that nothing catches, raised at a chosen moment, and SIGKILL to a child process.
"""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.notifications import deliveries, digests
from jobmatch_dagster.pipeline.notifications.digests import Outcome, send_digests
from jobmatch_dagster.pipeline.notifications.files import FILES, Files
from jobmatch_dagster.pipeline.notifications.make import Limits
from jobmatch_dagster.resources.channels import Webhook
from jobmatch_dagster_tests.support.digests import DAY, add_users, announced, folder_of
from jobmatch_dagster_tests.support.receivers import Hook, web_server
from jobmatch_dagster_tests.support.world import NOW, World

# Where a run dies: what is patched, and whether the run dies before or after it.
_POINTS: dict[str, tuple[Any, str, bool]] = {
    "after the users are locked": (digests, "lock_recipients", False),
    "before digests are stored": (digests, "add_digests", True),
    "after digests are stored, before the commit": (digests, "add_digests", False),
    "before a claim": (deliveries, "claim", True),
    "after a claim, before its commit": (deliveries, "claim", False),
    "after a claim": (deliveries, "lock_users", True),
    "before files are written": (Files, "send", True),
    "after files are written": (Files, "send", False),
    "before a message is sent": (Webhook, "send", True),
    "after a message is sent": (Webhook, "send", False),
    "before the mark": (deliveries, "note_results", True),
    "after the mark, before its commit": (deliveries, "note_results", False),
}
# Between sending and the commit of the mark: the message that was in flight comes again.
_IN_FLIGHT = {"after a message is sent", "before the mark", "after the mark, before its commit"}
_USERS = 4


class Killed(BaseException):
    """The end of a process, which no code may catch."""


@pytest.fixture
def hook(world: World) -> Iterator[Hook]:
    """A web server that gets the digests of five users, who have files too."""
    add_users(world, _USERS)
    world.scalar(
        "INSERT INTO user_preferences (user_id, digest_channels) "
        "SELECT id, ARRAY['files', 'hook'] FROM users RETURNING 1"
    )
    with web_server() as running:
        yield running


def run_once(database: Database, url: str, folder: Path, hours: int = 0) -> Outcome:
    """A run some hours later."""
    return send_digests(
        database,
        {FILES: Files(folder), "hook": Webhook(url)},
        day=DAY,
        hourly=False,
        now=NOW + timedelta(hours=hours),
        limits=Limits(0, 1_000),
        most_attempts=10,
    )


def _dying(point: str, visit: int, die: Callable[[], None]) -> Callable[[], None]:
    """Patch the point; returns what undoes it."""
    owner, name, before = _POINTS[point]
    original = getattr(owner, name)
    visits = [0]

    def dying(*args: Any, **kwargs: Any) -> Any:
        visits[0] += 1
        if before and visits[0] == visit:
            die()
        result = original(*args, **kwargs)
        if not before and visits[0] == visit:
            die()
        return result

    setattr(owner, name, dying)
    return lambda: setattr(owner, name, original)


@contextmanager
def _death(point: str, visit: int) -> Iterator[list[bool]]:
    died = [False]

    def die() -> None:
        died[0] = True
        raise Killed(point)

    undo = _dying(point, visit, die)
    try:
        with suppress(Killed):
            yield died
    finally:
        undo()


def arm(point: str) -> None:
    """In a child: SIGKILL at the second visit of the point, or at the first of one that has no second."""
    _dying(point, 2 if _POINTS[point][1] in ("claim", "send") else 1, lambda: os.kill(os.getpid(), signal.SIGKILL))


def _assert_all_was_announced_once(world: World, hook: Hook, at_most_again: int) -> None:
    keys = Counter(key for _, key, _ in hook.received)
    assert len(keys) == _USERS + 1, "one digest a user"
    assert keys.total() - len(keys) <= at_most_again
    assert len({(path, key, str(body)) for path, key, body in hook.received}) == len(keys), "again is the same"
    assert announced(world) == world.scalar("SELECT count(*) FROM user_job_matches")
    assert world.scalar("SELECT count(*) FROM digest_entries") == announced(world)
    assert world.scalar("SELECT count(*) FROM digest_deliveries WHERE state <> 'sent'") == 0
    written = [len(list(folder.iterdir())) for folder in folder_of().parent.iterdir()]
    assert written == [3] * (_USERS + 1), "no half of a file"


@pytest.mark.matched
@pytest.mark.parametrize("point", _POINTS)
def test_a_run_that_dies_anywhere_is_made_good(world: World, hook: Hook, point: str) -> None:
    folder = folder_of().parent
    with _death(point, 1) as died:
        run_once(world.database, hook.url, folder)
    assert died[0]
    for hours in (1, 2, 4):
        run_once(world.database, hook.url, folder, hours)
    _assert_all_was_announced_once(world, hook, int(point in _IN_FLIGHT))


@pytest.mark.nightly
@pytest.mark.matched
def test_a_run_that_dies_again_and_again_is_made_good(world: World, hook: Hook) -> None:
    folder, deaths, in_flight = folder_of().parent, 0, 0
    for hours, (point, visit) in enumerate((point, visit) for visit in (1, 2) for point in _POINTS):
        with _death(point, visit) as died:
            run_once(world.database, hook.url, folder, 24 * hours)
        deaths += died[0]
        in_flight += died[0] and point in _IN_FLIGHT
    run_once(world.database, hook.url, folder, 24 * 100)
    assert deaths > len(_POINTS) / 2
    _assert_all_was_announced_once(world, hook, in_flight)


_CHILD = """
import sys
from pathlib import Path
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster_tests.pipeline.notifications import test_kills as kills
database, url, folder, point = sys.argv[1:]
if point:
    kills.arm(point)
kills.run_once(Database(database), url, Path(folder))
"""


def _child(world: World, hook: Hook, point: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-c", _CHILD, world.database.url, hook.url, str(folder_of().parent), point]
    return subprocess.Popen(command, stderr=subprocess.PIPE)


@pytest.mark.matched
@pytest.mark.parametrize("point", ["after digests are stored, before the commit", "after a message is sent"])
def test_sigkill_loses_and_doubles_nothing(world: World, hook: Hook, point: str) -> None:
    child = _child(world, hook, point)
    _, said = child.communicate(timeout=120)
    assert child.returncode == -signal.SIGKILL, said.decode()[-2_000:]
    for hours in (1, 2):
        run_once(world.database, hook.url, folder_of().parent, hours)
    _assert_all_was_announced_once(world, hook, int(point in _IN_FLIGHT))


@pytest.mark.matched
def test_two_processes_at_once_announce_nothing_twice(world: World, hook: Hook) -> None:
    children = [_child(world, hook, "") for _ in range(2)]
    for child in children:
        _, said = child.communicate(timeout=120)
        assert child.returncode == 0, said.decode()[-2_000:]
    _assert_all_was_announced_once(world, hook, 0)
