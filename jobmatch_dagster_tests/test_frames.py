"""The DataFrames of the API on a small market, and every cell of docs/notebook.md."""

import ast
import contextlib
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd  # noqa: TID253 - the tests load no code location
import pytest

from jobmatch_dagster import api, frames
from jobmatch_dagster.db.connection.engine import Database, ensure_database
from jobmatch_dagster.db.connection.migrations import migrate
from jobmatch_dagster.db.connection.urls import with_database
from jobmatch_dagster_tests.support.world import ENGINEER_CV, HOUR, NURSE_CV, World, build_world

_NOTEBOOK = Path(__file__).parents[1] / "docs" / "notebook.md"
_STATISTICS = {
    "catalog": frames.CATALOG, "job_counts": frames.JOB_COUNTS, "ai_coverage": frames.AI_COVERAGE,
    "jobs_by_hour": frames.JOBS_BY_HOUR, "users": frames.USERS, "experience_scores": frames.EXPERIENCE_SCORES,
    "user_counts": frames.USER_COUNTS,
}  # fmt: skip


@pytest.fixture(scope="module")
def market(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world of 160 postings and two users that were matched with them."""
    url = with_database(postgres_url, "frames")
    ensure_database(url)
    database = Database(url)
    migrate(database)
    database.dispose()
    with build_world(url, tmp_path_factory.mktemp("frames")) as world:
        world.market(per_hour=40, since=HOUR - timedelta(hours=3))
        for hours in range(3):
            world.collect(HOUR - timedelta(hours=hours))
        world.take_in("user-1001", ENGINEER_CV)
        world.take_in("user-1002", NURSE_CV)
        yield world


def _dtypes(frame: pd.DataFrame) -> dict[str, str]:
    return {name: str(dtype) for name, dtype in frame.dtypes.items()}


def test_frames_of_an_empty_database_have_all_columns(database: Database) -> None:
    matches, jobs = api.matches_frame(database), api.jobs_frame(database)
    assert (_dtypes(matches), _dtypes(jobs)) == (frames.MATCHES, frames.JOBS)
    assert (len(matches), len(jobs), matches.attrs["is_complete"]) == (0, 0, True)
    statistics = api.statistics_frames(database)
    assert {name: _dtypes(getattr(statistics, name)) for name in _STATISTICS} == _STATISTICS
    assert (statistics.catalog.loc[0, "total"], len(statistics.users)) == (0, 0)


def test_filled_frames_have_the_same_dtypes(market: World) -> None:
    assert _dtypes(api.matches_frame(market.database)) == frames.MATCHES
    assert _dtypes(api.jobs_frame(market.database)) == frames.JOBS
    statistics = api.statistics_frames(market.database)
    assert {name: _dtypes(getattr(statistics, name)) for name in _STATISTICS} == _STATISTICS
    assert all(len(getattr(statistics, name)) for name in set(_STATISTICS) - {"jobs_by_hour"})


def test_matches_frame_has_the_rows_of_matches(market: World) -> None:
    frame = api.matches_frame(market.database, "user-1001")
    rows = api.matches(market.database, "user-1001", most=1_000)
    assert frame["external_id"].tolist() == [row["external_id"] for row in rows]
    for name in ("match_score", "exact_score", "claude_score", "missing_skills", "closed_at"):
        values = [None if value is pd.NA or value is pd.NaT else value for value in frame[name]]
        assert values == [row[name] for row in rows]
    everyone = api.matches_frame(market.database)
    assert everyone[everyone["user_key"] == "user-1001"]["external_id"].tolist() == frame["external_id"].tolist()
    assert set(everyone["user_key"]) == {"user-1001", "user-1002"}


def test_filters_of_matches_choose_rows(market: World) -> None:
    whole = api.matches_frame(market.database, "user-1002")
    first, second = whole.loc[0, "external_id"], whole.loc[1, "external_id"]
    api.decide(market.database, "user-1002", first, "applied")
    assert api.matches_frame(market.database, "user-1002", status="applied")["external_id"].tolist() == [first]
    moment = api.matches_frame(market.database, "user-1002")["updated_at"].max()
    assert len(api.matches_frame(market.database, since=moment + timedelta(seconds=1))) == 0
    assert len(api.matches_frame(market.database, "user-1002", since=moment)) >= 1
    market.scalar("UPDATE jobs SET closed_at = now(), closed_reason = 'expired' WHERE external_id = ANY(:ids) "
                  "RETURNING id", ids=[first, second])  # fmt: skip
    try:
        closed = api.matches_frame(market.database, "user-1002")
        assert closed[closed["closed_at"].notna()]["external_id"].tolist() == [first]  # decided, so still listed
        assert first not in set(api.matches_frame(market.database, "user-1002", only_open=True)["external_id"])
        assert {first, second}.isdisjoint(api.jobs_frame(market.database)["external_id"])
        assert {first, second} <= set(api.jobs_frame(market.database, only_open=False)["external_id"])
    finally:
        market.scalar("UPDATE jobs SET closed_at = NULL, closed_reason = NULL WHERE external_id = ANY(:ids) "
                      "RETURNING id", ids=[first, second])  # fmt: skip
        api.decide(market.database, "user-1002", first, "new")


def test_filters_of_jobs_choose_rows(market: World) -> None:
    jobs = api.jobs_frame(market.database)
    assert len(jobs) == market.scalar("SELECT count(*) FROM jobs")
    assert jobs["date_created"].is_monotonic_decreasing
    assert jobs["salary_from"].notna().sum() == market.scalar("SELECT count(salary_from) FROM open_jobs")
    since = datetime(2026, 11, 20, 7, tzinfo=UTC)
    recent = api.jobs_frame(market.database, since=since, source="personio")
    expected = jobs[(jobs["date_created"] >= since) & (jobs["source"] == "personio")]
    assert recent["external_id"].tolist() == expected["external_id"].tolist() != []


def test_a_limited_frame_says_that_it_is_cut(market: World) -> None:
    cut = api.matches_frame(market.database, "user-1001", limit=3)
    assert (len(cut), cut.attrs["is_complete"]) == (3, False)
    exact = api.jobs_frame(market.database, limit=market.scalar("SELECT count(*) FROM jobs"))
    assert exact.attrs["is_complete"]


def test_statistics_frames_have_the_statistics(market: World) -> None:
    both, one = api.statistics_frames(market.database), api.statistics_frames(market.database, "user-1002")
    numbers = api.job_statistics(market.database)
    counts = both.job_counts
    assert dict(counts[counts["dimension"] == "source"][["value", "jobs"]].itertuples(index=False)) == numbers.by_source
    assert dict(both.ai_coverage.itertuples(index=False)) == numbers.ai_coverage
    assert one.users["user_key"].tolist() == ["user-1002"]
    assert set(one.user_counts["user_key"]) == {"user-1002"}
    user = api.user_statistics(market.database, "user-1002")
    skills = one.user_counts[one.user_counts["dimension"] == "missing_skill"]
    assert dict(skills[["value", "matches"]].itertuples(index=False)) == user.missing_skills
    assert one.users.loc[0, "average_score"] == user.average_score


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"user_key": "nobody"}, api.UnknownUserError, "There is no user 'nobody'"),
        ({"status": "loved"}, api.InputError, "use one of new, saved, applied, rejected"),
        ({"since": datetime(2026, 11, 20)}, api.InputError, "since has no timezone"),  # noqa: DTZ001
        ({"limit": 0}, api.InputError, "limit is 0"),
    ],
)
def test_unusable_arguments_are_refused(
    arguments: dict[str, Any], error: type[Exception], message: str, database: Database
) -> None:
    with pytest.raises(error, match=message) as caught:
        api.matches_frame(database, **arguments)
    assert isinstance(caught.value, api.JobmatchError)


def test_the_notebook_documents_every_column() -> None:
    text = _NOTEBOOK.read_text("utf-8")
    columns = dict(re.findall(r"^\| `(\w+)` \| ([\w, \[\]]+?) \| [^|`]+ \|$", text, re.MULTILINE))
    assert columns == frames.JOBS | frames.MATCHES
    listed = {
        name: re.findall(r"\w+", columns)
        for name, columns in re.findall(r"^\| `(\w+)` \| ((?:`\w+`(?:, )?)+) \| [^|]+ \|$", text, re.MULTILINE)
    }
    assert listed == {name: list(columns) for name, columns in _STATISTICS.items()}


def test_every_cell_of_the_notebook_gives_its_output(market: World) -> None:
    cells = re.findall(r"```python\n(.*?)```\n(?:\n```text\n(.*?)```\n)?", _NOTEBOOK.read_text("utf-8"), re.DOTALL)
    assert len(cells) > 10
    namespace: dict[str, Any] = {}
    with pd.option_context("display.width", 80, "display.max_columns", 0, "display.max_colwidth", 50):
        for code, expected in cells:
            shown = _run_cell(code, namespace)
            assert _is_alike(shown, expected), f"{code}\n{shown}"


def _run_cell(code: str, namespace: dict[str, Any]) -> str:
    """Run a cell as a notebook does: what it prints, then the value of its last expression."""
    body = ast.parse(code).body
    last = body.pop() if isinstance(body[-1], ast.Expr) else None
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(ast.Module(body, []), str(_NOTEBOOK), "exec"), namespace)  # noqa: S102
        value = None if last is None else eval(compile(ast.Expression(last.value), str(_NOTEBOOK), "eval"), namespace)  # noqa: S307
        if value is not None:
            print(value)  # noqa: T201
    return printed.getvalue()


def _is_alike(shown: str, expected: str) -> bool:
    """The same lines, in any order: embeddings differ a little from one processor to another, and so do ranks."""
    lines = [line.split() for line in shown.splitlines()]
    wanted = [line.split() for line in expected.splitlines()]
    return len(lines) == len(wanted) and all(any(_are_alike(words, line) for line in lines) for words in wanted)


def _are_alike(left: list[str], right: list[str]) -> bool:
    return len(left) == len(right) and all(map(_is_near, left, right))


def _is_near(left: str, right: str) -> bool:
    """The same word, or a number that differs by 2 at most."""
    numbers = [word for word in (left, right) if re.fullmatch(r"-?\d+(?:\.\d+)?", word)]
    return left == right or (len(numbers) == 2 and abs(float(left) - float(right)) <= 2)
