"""The stage of all scenarios: databases as they are before each step, and what a run without faults makes of them."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from jobmatch_dagster.bench.claude_tokens import PromptCache
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.demo.server import ActiveJobsServer, GeneratedCorpus
from jobmatch_dagster_tests.chaos.checker import Rows, all_files, all_rows, differences
from jobmatch_dagster_tests.chaos.night import BATCHED, DIRECT, FORGOTTEN, STEPS, Ended, Place, run_in_child
from jobmatch_dagster_tests.support.claude_stand_in import ClaudeStandIn
from jobmatch_dagster_tests.support.databases import as_template, fresh_database
from jobmatch_dagster_tests.support.forks import FORKS, start
from jobmatch_dagster_tests.support.schema_text import schema_text
from jobmatch_dagster_tests.support.world import ENGINEER_CV, HOUR, NOW, NURSE_CV

# Three hours of these are two pages of the API.
_POSTINGS_PER_HOUR = 36
_PAGE_CREDITS = 100
_SECONDS = 120
_CVS = {DIRECT: NURSE_CV, BATCHED: ENGINEER_CV, FORGOTTEN: NURSE_CV.replace("Ada", "Cyd")}

# Six pairs of each user wait for Claude.
_SIX_WAIT = """
    UPDATE user_job_matches AS m SET claude_status = 'waiting'
    FROM (
        SELECT user_id, job_id, row_number() OVER (PARTITION BY user_id ORDER BY match_score DESC, job_id) AS place
        FROM user_job_matches
    ) AS ranked
    WHERE ranked.user_id = m.user_id AND ranked.job_id = m.job_id AND place <= 6
"""

Act = Callable[["Child"], None]


@dataclass(frozen=True)
class Money:
    """What was billed: credits of the jobs API, and answers of Claude."""

    credits: int
    answers: int


@dataclass(frozen=True)
class Before:
    """Where a step begins and what it does without a fault."""

    template: str
    folders: Path
    rows: Rows
    files: dict[str, bytes]
    money: Money
    points: list[str]
    seconds: float


@dataclass
class Outcome:
    """What became of a scenario: how the step ended under the fault, and what the next run had to do."""

    step: str
    ended: Ended
    seconds_to_recover: float
    differences: list[str]
    money: Money
    expected_money: Money

    @property
    def is_same(self) -> bool:
        """Whether tables, files and bills are those of a run without a fault.

        An interrupted sweep fetches its last stored page and the one in flight again; of Claude's answers only the one
        in flight is paid again, and none of a batch.
        """
        pages = self.money.credits - self.expected_money.credits
        answers = self.money.answers - self.expected_money.answers
        most_answers = 1 if self.step == "ask" else 0
        return not self.differences and 0 <= pages <= 2 * _PAGE_CREDITS and 0 <= answers <= most_answers

    @property
    def verdict(self) -> str:
        """What a test shows when it is not the same."""
        bills = f"{self.step}: billed {self.money}, without a fault {self.expected_money}"
        return "\n".join([bills, *self.differences])


@dataclass
class Child:
    """A process that waits at a point, or runs."""

    process: object
    place: Place

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()  # type: ignore[attr-defined]


@dataclass
class Stage:
    """Everything a scenario needs."""

    server_url: str
    folder: Path
    api: ActiveJobsServer
    claude: ClaudeStandIn
    before: dict[str, Before] = field(default_factory=dict)

    def reset(self) -> None:
        """Forget what was billed."""
        self.claude.forget()
        self.claude.cache = PromptCache()
        self.api._faults.clear()
        self.api.calls.clear()
        self.api.credits_used = 0

    def money(self) -> Money:
        """What was billed since."""
        return Money(self.api.credits_used, self.claude.paid.total())

    def rows(self, step: str, database: Database) -> Rows:
        """What the database has; after a migration also its schema."""
        schema: Rows = {}
        if step == "migrate":
            with database.read() as connection:
                schema = {"(schema)": [(line,) for line in schema_text(connection).splitlines()]}
        return all_rows(database) | schema

    def place_at(self, url: str, folders: Path) -> Place:
        """A place on this database and these folders."""
        return Place(url, self.api.url, self.claude.url, folders / "inbox", folders / "digests")

    @contextmanager
    def place(self, template: str, folders: Path, tablespace: str = "") -> Iterator[tuple[Place, Database]]:
        """Copies of a database and its folders."""
        copied = self.folder / "scenario"
        shutil.rmtree(copied, ignore_errors=True)
        shutil.copytree(folders, copied)
        with fresh_database(self.server_url, template=template, tablespace=tablespace) as url:
            database = Database(url)
            try:
                yield self.place_at(url, copied), database
            finally:
                database.dispose()

    def run(
        self,
        step: str,
        *,
        act: Act | None = None,
        at: int | None = None,
        after_s: float | None = None,
        before: bool = False,
        heal: Callable[[str], None] = lambda _: None,
        through: Callable[[Place], Place] = lambda place: place,
        tablespace: str = "",
        variables: dict[str, str] | None = None,
    ) -> Outcome:
        """Run the step under a fault, heal, run it again, compare.

        Args:
            act: what happens to the child: at the point `at`, `after_s` seconds after its start, or before it.
            at: number of the point.
            after_s: seconds.
            before: whether it happens before the start.
            heal: what an operator or the surroundings do afterwards, to the database of this URL.
            through: the addresses under which the faulted run reaches database and services.
            tablespace: where the database is.
            variables: environment of the faulted run.
        """
        without = self.before[step]
        self.reset()
        with self.place(without.template, without.folders, tablespace) as (place, database):
            faulted = through(place)
            try:
                if before and act is not None:
                    act(Child(None, place))
                ended = run_step(step, faulted, act=act, at=at, after_s=after_s, variables=variables)
            finally:
                heal(place.database_url)
            started = time.monotonic()
            again = run_step(step, place)
            seconds = time.monotonic() - started
            assert again.succeeded, f"the next run failed: {again.error}: {again.seen}"
            found = self.rows(step, database)
            lines = differences(without.rows, found)
            files = all_files(place.inbox, place.digests)
            lines += [f"file {name}" for name in without.files.keys() ^ files.keys()]
            return Outcome(step, ended, seconds, lines, self.money(), without.money)


def run_step(
    step: str,
    place: Place,
    *,
    act: Act | None = None,
    at: int | None = None,
    after_s: float | None = None,
    variables: dict[str, str] | None = None,
) -> Ended:
    """Run a step in a child; do something to it at a point, or after a time."""
    here, there = FORKS.Pipe()
    environment = {"TMPDIR": os.environ.get("TMPDIR"), **(variables or {})}
    process = FORKS.Process(target=run_in_child, args=(step, place, at, there, environment))
    start(process)
    there.close()
    child = Child(process, place)
    try:
        if after_s is not None and act is not None and not here.poll(after_s):
            act(child)
        ended = Ended(killed=True)
        while here.poll(_SECONDS):
            try:
                said = here.recv()
            except (EOFError, ConnectionResetError):
                break
            if isinstance(said, Ended):
                ended = said
                break
            if act is not None:
                act(child)
            try:
                here.send("go on")
            except (BrokenPipeError, ConnectionResetError):
                break
        else:
            raise AssertionError(f"{step} did not end within {_SECONDS} s")
        process.join(10)
    finally:
        if process.is_alive():
            process.kill()
        here.close()
    return ended


@contextmanager
def build_stage(server_url: str, folder: Path) -> Iterator[Stage]:
    """Run the night once without faults; keeps a copy of the database before each step."""
    corpus = GeneratedCorpus(per_hour=_POSTINGS_PER_HOUR, since=HOUR - timedelta(hours=2))
    with ActiveJobsServer(corpus, now=lambda: NOW) as api, ClaudeStandIn() as claude:
        stage = Stage(server_url, folder, api, claude)
        _put_cvs(folder / "before-0" / "inbox")
        (folder / "before-0" / "digests").mkdir()
        with ExitStack() as copies:
            template = "template0"
            for number, step in enumerate(STEPS):
                folders = folder / f"before-{number}"
                stage.reset()
                url = copies.enter_context(fresh_database(server_url, template=template))
                after = folder / f"before-{number + 1}"
                shutil.copytree(folders, after)
                place = stage.place_at(url, after)
                ended = run_step(step, place)
                assert ended.succeeded, f"{step} fails without a fault: {ended.error}: {ended.seen}"
                database = Database(url)
                stage.before[step] = Before(
                    template=template,
                    folders=folders,
                    rows=stage.rows(step, database),
                    files=all_files(after / "inbox", after / "digests"),
                    money=stage.money(),
                    points=ended.points,
                    seconds=ended.seconds,
                )
                if step == "match":
                    with database.begin() as connection:
                        connection.exec_driver_sql(_SIX_WAIT)
                database.dispose()
                template = as_template(url)
            yield stage


def _put_cvs(inbox: Path) -> None:
    inbox.mkdir(parents=True)
    for user_key, cv in _CVS.items():
        path = inbox / f"{user_key}.txt"
        path.write_text(cv, encoding="utf-8")
        still = time.time() - 60
        os.utime(path, (still, still))
