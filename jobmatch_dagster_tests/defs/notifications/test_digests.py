"""Digests: each match once, whatever fails in between; pages are safe to open; nothing stays of a forgotten user."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from jobmatch_dagster.cli.runs import RunFailedError, run_job
from jobmatch_dagster.core.notifications.digest import BY_MODEL, Digest, Line, as_feed, as_html, as_markdown
from jobmatch_dagster.environment import environment
from jobmatch_dagster.pipeline.notifications.digests import send_digests
from jobmatch_dagster.pipeline.notifications.make import Limits
from jobmatch_dagster.pipeline.operations.export import export_user
from jobmatch_dagster.pipeline.profiles.preferences import change_preferences
from jobmatch_dagster.settings import FolderSettings
from jobmatch_dagster_tests.support.erasure import erase
from jobmatch_dagster_tests.support.world import NOW, World

_DAY = "2026-11-19"
_HOSTILE = '<script>alert("x")</script> [a](javascript:b)'


def _run(world: World, day: str = _DAY, **config: int) -> None:
    given = {"minimum_score": 0, **config}
    run_config = {"ops": {"notifications__user_digests": {"config": given}}}
    run_job(world.defs, world.instance, "daily_digests", partition_key=day, run_config=run_config)


def _run_hour(world: World, now: datetime = NOW, **config: int) -> None:
    run_config = {"ops": {"notifications__hourly_digests": {"config": {"minimum_score": 0, **config}}}}
    key = f"{now - timedelta(hours=2):%Y-%m-%d-%H:00}"
    with environment({"JOBMATCH_CLOCK": now.isoformat()}):
        run_job(world.defs, world.instance, "hourly_digests", partition_key=key, run_config=run_config)


def _prefer(world: World, user_key: str = "ada", **fields: Any) -> int:
    return change_preferences(world.database, user_key, fields)[1]


def _announced(world: World) -> int:
    found = world.scalar("SELECT coalesce(sum(jsonb_array_length(lines)), 0) FROM user_digests")
    return int(found)


def _many_users(world: World, number: int) -> None:
    """Users `user-1` and so on, each with the matches of ada."""
    query = "INSERT INTO users (user_key) SELECT 'user-' || n FROM generate_series(1, :number) AS n RETURNING 1"
    world.scalar(query, number=number)
    copied = "job_id, match_score, semantic_score, profile_version, embedding_model, scoring_key, record_hash"
    world.scalar(
        f"INSERT INTO user_job_matches (user_id, {copied}) SELECT users.id, {copied} FROM user_job_matches, users "
        "WHERE user_key LIKE 'user-%' RETURNING 1"
    )


def _folder(user_key: str = "ada") -> Path:
    return FolderSettings.read().digest_folder / user_key


def _files() -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(_folder().iterdir())}


@pytest.mark.matched
def test_a_match_is_announced_once_over_reruns(world: World) -> None:
    _run(world, most=1)
    assert sorted(name.rpartition(".")[2] for name in _files()) == ["html", "json", "md"]
    _run(world, "2026-11-18", most=1_000)
    feed = json.loads(_files()["feed.json"])
    listed = [item["id"].partition("/")[2] for item in feed["items"]]
    assert len(listed) > 1
    assert len(set(listed)) == len(listed)
    before = _files()
    for day in (_DAY, "2026-11-18"):
        _run(world, day, most=1_000)
    assert _files() == before
    assert world.scalar("SELECT count(*) FROM user_digests WHERE sent_at IS NOT NULL") == 2
    assert world.scalar("SELECT count(*) FROM digest_entries") == world.scalar("SELECT count(*) FROM user_job_matches")


@pytest.mark.matched
def test_a_match_is_announced_once_by_day_and_hour(world: World) -> None:
    _prefer(world, digest_every="hour")
    _run_hour(world, most=1)
    assert _announced(world) == 1
    _run(world, most=1)
    _run_hour(world, most=1_000)
    _run(world)
    announced = world.scalar(
        "SELECT count(DISTINCT line->>'external_id') FROM user_digests, jsonb_array_elements(lines) line"
    )
    assert announced == _announced(world) == 2
    assert world.scalar("SELECT count(*) FROM user_digests") == 2


@pytest.mark.matched
def test_the_hour_is_for_those_who_ask_for_it(world: World) -> None:
    _run_hour(world)
    assert _announced(world) == 0
    _prefer(world, digest_every="never")
    _run(world)
    _run_hour(world)
    assert _announced(world) == 0
    _prefer(world, digest_every="day")
    _run_hour(world)
    assert _announced(world) == 0
    _run(world)
    assert _announced(world) > 0


@pytest.mark.matched
def test_preferences_limit_a_digest_and_match_nobody_anew(world: World) -> None:
    best = world.scalar("SELECT max(match_score) FROM user_job_matches")
    before = _prefer(world, locations=["Munich"])
    assert _prefer(world, digest_min_score=best, digest_max_matches=1) == before, (
        "no other matches, so no other version"
    )
    _run(world, minimum_score=0, most=1_000)
    assert _announced(world) == 1
    _run(world, minimum_score=0, most=1_000)
    below = (
        "SELECT count(*) FROM digest_entries JOIN user_job_matches USING (user_id, job_id) WHERE match_score < :best"
    )
    assert world.scalar(below, best=best) == 0


# 09:15 UTC is 10:15 in Berlin.
_QUIET = {"quiet_hours": "10:00-11:00", "time_zone": "Europe/Berlin"}


@pytest.mark.matched
@pytest.mark.parametrize("every", ["day", "hour"])
def test_nothing_is_delivered_in_quiet_hours(world: World, every: str) -> None:
    _prefer(world, digest_every=every, **_QUIET)
    for _ in range(2):
        _run(world)
        _run_hour(world)
    assert not _folder().exists()
    assert (_announced(world) > 0) == (every == "day"), "by the hour one digest has all that was new meanwhile"
    _run_hour(world, NOW + timedelta(minutes=44))
    assert not _folder().exists()
    _run_hour(world, NOW + timedelta(minutes=45))
    assert len(_files()) == 3
    assert _announced(world) == len(json.loads(_files()["feed.json"])["items"]) > 0


@pytest.mark.matched
def test_two_runs_at_once_announce_a_match_once(world: World) -> None:
    _many_users(world, 30)
    settings = {"folder": _folder().parent, "day": _DAY, "hourly": False, "now": NOW, "most_attempts": 3}
    with ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(send_digests, world.database, limits=Limits(0, 1_000), **settings) for _ in range(4)]
    assert sum(outcome.new_matches for run in runs for outcome in run.result()) == _announced(world)
    assert world.scalar("SELECT count(*) FROM user_digests") == 31
    assert world.scalar("SELECT count(*) FROM digest_entries") == world.scalar("SELECT count(*) FROM user_job_matches")


@pytest.mark.matched
def test_nothing_new_sends_nothing(world: World) -> None:
    world.scalar("UPDATE user_job_matches SET match_score = 59 RETURNING 1")
    _run(world, minimum_score=60)
    assert not _folder().exists()
    assert world.scalar("SELECT count(*) FROM user_digests") == 0


@pytest.mark.matched
def test_a_crash_before_the_mark_delivers_the_same_again(world: World) -> None:
    _run(world)
    before = _files()
    # As a crash between the files and the commit of the mark leaves it.
    key = world.scalar("UPDATE user_digests SET sent_at = NULL RETURNING content_hash")
    _run(world, most_attempts=2)
    assert _files() == before
    assert any(key[:16] in name for name in before)
    assert world.scalar("SELECT attempts FROM user_digests") == 2
    assert world.scalar("SELECT count(*) FROM user_digests WHERE sent_at IS NOT NULL") == 1


@pytest.mark.matched
def test_a_failed_folder_costs_no_other_user(world: World) -> None:
    _many_users(world, 1)
    _folder().parent.mkdir(parents=True)
    _folder().write_text("a file where the folder would be", encoding="utf-8")
    for _ in range(3):
        with pytest.raises(RunFailedError):
            _run(world, most_attempts=2)
    assert len(list(_folder("user-1").iterdir())) == 3
    assert world.scalar("SELECT attempts FROM user_digests WHERE sent_at IS NULL") == 2
    assert world.scalar("SELECT last_error FROM user_digests WHERE sent_at IS NULL").startswith("FileExistsError")
    _folder().unlink()
    _run(world, most_attempts=3)
    assert len(_files()) == 3
    assert world.scalar("SELECT count(*) FROM user_digests WHERE last_error IS NOT NULL OR sent_at IS NULL") == 0


@pytest.mark.matched
def test_forgetting_a_user_erases_digests_and_files(world: World) -> None:
    _run(world)
    exported = export_user(world.database, "ada", now=NOW, inboxes=FolderSettings.read().folders_of_users)
    assert {file["name"] for file in exported["files"]} >= set(_files())
    assert len(exported["tables"]["user_digests"]) == 1
    report = erase(world, "ada")
    assert report.hits == 0
    assert report.rows_erased["user_digests"] == 1
    assert report.rows_erased["digest_entries"] > 0
    assert not _folder().exists()
    _run(world)
    assert not _folder().exists()


def test_pages_escape_what_ads_say() -> None:
    line = Line("1", _HOSTILE, "A&B", "Bonn", "javascript:alert(1)", 80, _HOSTILE, True, ["<b>"], None)
    digest = Digest(_DAY, datetime(2026, 11, 20, tzinfo=UTC), "k", [line])
    page = as_html(digest)
    assert "<script" not in page
    assert "<b>" not in page
    assert "href" not in page
    assert as_markdown(digest).count("\\<script\\>") == as_markdown(digest).count("<script") == 2
    assert "](" not in as_markdown(digest).replace("\\](", "")
    assert "url" not in json.loads(as_feed([digest]))["items"][0]
    assert all(BY_MODEL in shown for shown in (page, as_markdown(digest), as_feed([digest])))
    assert "Pay: unknown" in page


@pytest.mark.matched
@pytest.mark.parametrize("known", ["announced", "decided"])
def test_a_copy_of_a_known_ad_is_not_announced(world: World, known: str) -> None:
    ids = "(SELECT job_id FROM user_job_matches ORDER BY job_id LIMIT 2)"
    world.scalar(
        "WITH c AS (INSERT INTO job_clusters (cluster_key) VALUES ('c') RETURNING id) "
        f"UPDATE jobs SET cluster_id = c.id FROM c WHERE jobs.id IN {ids} RETURNING 1"
    )
    if known == "decided":
        world.scalar(
            "UPDATE user_job_matches SET status = 'rejected', decided_at = now() "
            "WHERE job_id = (SELECT min(job_id) FROM user_job_matches) RETURNING 1"
        )
    else:
        _run(world)
        world.scalar("DELETE FROM digest_entries WHERE job_id = (SELECT max(job_id) FROM user_job_matches) RETURNING 1")
    announced = _announced(world)
    _run(world)
    assert _announced(world) == announced == (known == "announced")
