"""Three days of five people, from postings to what each heard and when: the demo's CVs and its market.

`-s` prints the log. A channel fails for an hour, a run is repeated, two run at once; runs that die are in
`pipeline/notifications/test_kills.py`.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import dagster as dg

from jobmatch_dagster.core.raw.windows import latest_collectable_hour
from jobmatch_dagster.demo.cvs import demo_cvs
from jobmatch_dagster.environment import environment
from jobmatch_dagster_tests.support.digests import files_of, folder_of, prefer, run_day, run_hour
from jobmatch_dagster_tests.support.receivers import Hook, MailServer
from jobmatch_dagster_tests.support.world import NOW, World

_FIRST = NOW.replace(hour=0, minute=0) - timedelta(days=2)
_BERLIN = "Europe/Berlin"
_WANTED: dict[str, dict[str, object]] = {
    "user-1001": {},
    "user-1002": {
        "digest_every": "hour", "digest_channels": ["hook"], "quiet_hours": "22:00-07:00", "time_zone": _BERLIN,
    },
    "user-1003": {"digest_channels": ["mail", "files"], "email": "three@example.org", "digest_max_matches": 2},
    "user-1004": {"digest_every": "never"},
    "user-1005": {"digest_every": "hour", "digest_channels": ["hook", "chat"], "digest_min_score": 70},
}  # fmt: skip


@dataclass
class Log:
    """What reached whom, by whichever channel, and when."""

    world: World
    hook: Hook
    mails: MailServer
    heard: list[tuple[datetime, str, str, str]] = field(default_factory=list)
    seen: tuple[int, int] = (0, 0)
    files: set[str] = field(default_factory=set)

    def note(self, now: datetime) -> None:
        """Add what came since the last time, a line for each message."""
        posts, mails = self.seen
        for _, key, body in self.hook.received[posts:]:
            # A chat has neither key nor user.
            self.heard.append((now, body.get("user_key", "user-1005"), "hook" if key else "chat", str(body["title"])))
        self.heard += [(now, to, "mail", str(mail["Subject"])) for to, mail, _ in self.mails.received[mails:]]
        for page in sorted(set(map(str, folder_of().parent.glob("*/*.md"))) - self.files):
            self.files.add(page)
            title = Path(page).read_text(encoding="utf-8").partition("\n")[0]
            self.heard.append((now, Path(page).parent.name, "files", title.removeprefix("# ").replace("\\", "")))
        self.seen = len(self.hook.received), len(self.mails.received)


@contextmanager
def _clock(world: World, now: datetime) -> Iterator[None]:
    world.server.now = lambda: now
    with environment({"JOBMATCH_CLOCK": now.isoformat()}):
        yield


def _live(log: Log, until: int) -> None:
    """Three days in which an hour is collected at 06:15 and 09:15, and digests are made as scheduled."""
    world = log.world
    for day in range(until):
        begin = _FIRST + timedelta(days=day)
        for hour in (6, 9):
            now = begin + timedelta(hours=hour, minutes=15)
            with _clock(world, now):
                world.collect(latest_collectable_hour(now))
                if not day and hour == 6:
                    _people_arrive(world)
            later = now + timedelta(minutes=30)
            log.hook.status = 503 if (day, hour) == (1, 9) else 204
            run_hour(world, later, minimum_score=40)
            log.note(later)
            log.hook.status = 204
            run_hour(world, later + timedelta(hours=1), minimum_score=40)
            log.note(later + timedelta(hours=1))
        night = begin + timedelta(days=1, hours=4)
        run_day(world, f"{begin:%Y-%m-%d}", now=night, minimum_score=40)
        log.note(night)


def _people_arrive(world: World) -> None:
    for cv in demo_cvs():
        world.put_cv(cv.user_key, cv.content, cv.suffix)
        prefer(world, cv.user_key, **{"digest_every": "day", **_WANTED[cv.user_key]})
    while world.run_sensor("cv_inbox_sensor") or world.run_sensor("cv_profile_sensor"):
        pass


def test_three_days_of_five_people(world: World, hook: Hook, mails: MailServer) -> None:
    world.market(per_hour=30, since=_FIRST - timedelta(hours=6))
    log = Log(world, hook, mails)
    _live(log, 3)
    lines = "SELECT user_key, line->>'external_id' FROM user_digests JOIN users ON users.id = user_id, "
    with world.database.begin() as connection:
        heard = Counter(map(tuple, connection.exec_driver_sql(lines + "jsonb_array_elements(lines) AS line").all()))
    assert set(heard.values()) == {1}, "nothing twice"
    people = {user_key for user_key, _ in heard}
    assert people == set(_WANTED) - {"user-1004"}

    posted = {key: [match["external_id"] for match in body["matches"]] for _, key, body in hook.received if key}
    assert len(posted) == sum(bool(key) for _, key, _ in hook.received)
    by_hook = Counter(external_id for key, ids in posted.items() for external_id in ids)
    assert by_hook.total() == sum(user_key in ("user-1002", "user-1005") for user_key, _ in heard)
    _assert_files_and_quiet_hours(log, heard)
    # Whoever runs again, dies after sending, or runs twice at once announces nothing more.
    before = len(hook.received), len(mails.received), files_of("user-1001")
    _again(world)
    assert (len(hook.received), len(mails.received), files_of("user-1001")) == before
    sys.stdout.write("".join(f"{now:%m-%d %H:%M} {who:18} {how:5} {what}\n" for now, who, how, what in log.heard))


def _assert_files_and_quiet_hours(log: Log, heard: Counter[tuple[str, ...]]) -> None:
    feed = json.loads(files_of("user-1001")["feed.json"])["items"]
    assert len(feed) == sum(user_key == "user-1001" for user_key, _ in heard)
    assert not folder_of("user-1002").exists()
    # 22:00 to 07:00 in Berlin, where it is winter.
    assert all(6 <= now.hour < 21 for now, who, _, _ in log.heard if who == "user-1002")
    at_four = [who for now, who, _, _ in log.heard if now.hour == 4]
    assert "three@example.org" in at_four
    assert all(what.startswith(("1 new match", "2 new matches")) for _, _, how, what in log.heard if how == "mail")
    failed = _FIRST + timedelta(days=1, hours=9, minutes=45)
    assert [who for now, who, _, _ in log.heard if now == failed] == []


def _again(world: World) -> None:
    now = NOW + timedelta(days=1)
    # Both threads set the clock to what it is already.
    with environment({"JOBMATCH_CLOCK": now.isoformat()}), ThreadPoolExecutor(2) as pool:
        for run in [pool.submit(_run_with_own_history, world, now) for _ in range(2)]:
            run.result()
    run_hour(world, now + timedelta(hours=1), minimum_score=40)


def _run_with_own_history(world: World, now: datetime) -> None:
    """As another machine: Dagster's history in memory is for one thread at a time."""
    with dg.DagsterInstance.ephemeral() as instance:
        run_hour(replace(world, instance=instance), now, minimum_score=40)
