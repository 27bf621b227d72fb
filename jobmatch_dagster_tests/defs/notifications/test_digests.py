"""Digests: each match once, whatever fails in between; pages are safe to open; nothing stays of a forgotten user."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from jobmatch_dagster.core.notifications.digest import Digest, Line, as_feed, as_html, as_markdown
from jobmatch_dagster.core.notifications.digest_words import BY_MODEL
from jobmatch_dagster.pipeline.notifications.digests import send_digests
from jobmatch_dagster.pipeline.notifications.files import FILES, Files
from jobmatch_dagster.pipeline.notifications.make import Limits
from jobmatch_dagster.pipeline.operations.export import export_user
from jobmatch_dagster.settings import FolderSettings
from jobmatch_dagster_tests.support.checks import follow, run_check
from jobmatch_dagster_tests.support.digests import (
    DAY,
    add_users,
    announced,
    files_of,
    folder_of,
    prefer,
    run_day,
    run_hour,
)
from jobmatch_dagster_tests.support.erasure import erase
from jobmatch_dagster_tests.support.world import NOW, World

_HOSTILE = '<script>alert("x")</script> [a](javascript:b)'


@pytest.mark.matched
def test_a_match_is_announced_once_over_reruns(world: World) -> None:
    run_day(world, most=1)
    assert sorted(name.rpartition(".")[2] for name in files_of()) == ["html", "json", "md"]
    run_day(world, "2026-11-18", most=1_000)
    feed = json.loads(files_of()["feed.json"])
    listed = [item["id"].partition("/")[2] for item in feed["items"]]
    assert len(listed) > 1
    assert len(set(listed)) == len(listed)
    before = files_of()
    for day in (DAY, "2026-11-18"):
        run_day(world, day, most=1_000)
    assert files_of() == before
    assert world.scalar("SELECT count(*) FROM digest_deliveries WHERE state = 'sent'") == 2
    assert world.scalar("SELECT count(*) FROM digest_entries") == world.scalar("SELECT count(*) FROM user_job_matches")


@pytest.mark.matched
def test_a_match_is_announced_once_by_day_and_hour(world: World) -> None:
    prefer(world, digest_every="hour")
    run_hour(world, most=1)
    assert announced(world) == 1
    run_day(world, most=1)
    run_hour(world, most=1_000)
    run_day(world)
    distinct = world.scalar(
        "SELECT count(DISTINCT line->>'external_id') FROM user_digests, jsonb_array_elements(lines) line"
    )
    assert distinct == announced(world) == 2
    assert world.scalar("SELECT count(*) FROM user_digests") == 2


@pytest.mark.matched
def test_a_digest_is_in_the_users_language(world: World) -> None:
    prefer(world, explanation_language="de")
    run_day(world)
    page = next(text for name, text in files_of().items() if name.endswith(".html"))
    assert '<html lang="de">' in page
    assert "neue Treffer" in page
    assert "Pay: " not in page
    assert json.loads(files_of()["feed.json"])["title"] == "Neue Treffer"


@pytest.mark.matched
def test_the_hour_is_for_those_who_ask_for_it(world: World) -> None:
    run_hour(world)
    assert announced(world) == 0
    prefer(world, digest_every="never")
    run_day(world)
    run_hour(world)
    assert announced(world) == 0
    prefer(world, digest_every="day")
    run_hour(world)
    assert announced(world) == 0
    run_day(world)
    assert announced(world) > 0


@pytest.mark.matched
def test_preferences_limit_a_digest_and_match_nobody_anew(world: World) -> None:
    best = world.scalar("SELECT max(match_score) FROM user_job_matches")
    before = prefer(world, locations=["Munich"])
    assert prefer(world, digest_min_score=best, digest_max_matches=1) == before, "no other matches, so no other version"
    run_day(world, minimum_score=0, most=1_000)
    assert announced(world) == 1
    run_day(world, minimum_score=0, most=1_000)
    below = (
        "SELECT count(*) FROM digest_entries JOIN user_job_matches USING (user_id, job_id) WHERE match_score < :best"
    )
    assert world.scalar(below, best=best) == 0


# 09:15 UTC is 10:15 in Berlin.
_QUIET = {"quiet_hours": "10:00-11:00", "time_zone": "Europe/Berlin"}


@pytest.mark.matched
@pytest.mark.parametrize("every", ["day", "hour"])
def test_nothing_is_delivered_in_quiet_hours(world: World, every: str) -> None:
    prefer(world, digest_every=every, **_QUIET)
    for _ in range(2):
        run_day(world)
        run_hour(world)
    assert not folder_of().exists()
    assert (announced(world) > 0) == (every == "day"), "by the hour one digest has all that was new meanwhile"
    run_hour(world, NOW + timedelta(minutes=44))
    assert not folder_of().exists()
    run_hour(world, NOW + timedelta(minutes=45))
    assert len(files_of()) == 3
    assert announced(world) == len(json.loads(files_of()["feed.json"])["items"]) > 0


@pytest.mark.matched
def test_two_runs_at_once_announce_a_match_once(world: World) -> None:
    add_users(world, 30)
    channels = {FILES: Files(folder_of().parent)}
    settings = {"day": DAY, "hourly": False, "now": NOW, "most_attempts": 3, "limits": Limits(0, 1_000)}
    with ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(send_digests, world.database, channels, **settings) for _ in range(4)]
    outcomes = [run.result() for run in runs]
    assert sum(outcome.new_matches for outcome in outcomes) == announced(world)
    assert sum(each.delivered for outcome in outcomes for each in outcome.channels) == 31
    assert world.scalar("SELECT count(*) FROM user_digests") == 31
    assert world.scalar("SELECT count(*) FROM digest_entries") == world.scalar("SELECT count(*) FROM user_job_matches")


@pytest.mark.matched
def test_nothing_new_sends_nothing(world: World) -> None:
    world.scalar("UPDATE user_job_matches SET match_score = 59 RETURNING 1")
    run_day(world, minimum_score=60)
    assert not folder_of().exists()
    assert world.scalar("SELECT count(*) FROM user_digests") == 0


@pytest.mark.matched
def test_a_crash_before_the_mark_delivers_the_same_again(world: World) -> None:
    run_day(world)
    before = files_of()
    # As a crash between the files and the commit of the mark leaves it.
    world.scalar(
        "UPDATE digest_deliveries SET state = 'waiting', sent_at = NULL, next_attempt_at = :next RETURNING 1",
        next=NOW + timedelta(minutes=30),
    )
    run_day(world, now=NOW + timedelta(minutes=29))
    assert world.scalar("SELECT attempts FROM digest_deliveries") == 1
    run_day(world, now=NOW + timedelta(minutes=30))
    assert files_of() == before
    assert world.scalar("SELECT attempts FROM digest_deliveries WHERE state = 'sent'") == 2


@pytest.mark.matched
def test_a_failed_folder_costs_no_other_user(world: World) -> None:
    add_users(world, 1)
    folder_of().parent.mkdir(parents=True)
    folder_of().write_text("a file where the folder would be", encoding="utf-8")
    assert run_day(world)["failed"] == 1
    assert len(files_of("user-1")) == 3
    assert world.scalar("SELECT last_error FROM digest_deliveries WHERE state = 'waiting'").startswith("FileExists")
    assert run_check("digests_delivered").passed, "one failure is tried again"
    for hours in (1, 2, 40):
        run_hour(world, NOW + timedelta(hours=hours), most_attempts=3)
    assert world.scalar("SELECT attempts FROM digest_deliveries WHERE state = 'given_up'") == 3
    failed = run_check("digests_delivered")
    assert (failed.metadata["undelivered"].value, failed.metadata["given_up"].value) == (1, 1)
    assert failed.metadata["causes"].value == "files: FileExistsError: File exists (1)"
    folder_of().unlink()
    assert follow(str(failed.metadata["recovery"].value), world.defs, world.instance) == 1
    assert run_check("digests_delivered").passed
    assert len(files_of()) == 3


@pytest.mark.matched
def test_forgetting_a_user_erases_digests_and_files(world: World) -> None:
    run_day(world)
    exported = export_user(world.database, "ada", now=NOW, inboxes=FolderSettings.read().folders_of_users)
    assert {file["name"] for file in exported["files"]} >= set(files_of())
    assert len(exported["tables"]["user_digests"]) == 1
    report = erase(world, "ada")
    assert report.hits == 0
    assert report.rows_erased["user_digests"] == 1
    assert report.rows_erased["digest_entries"] > 0
    assert report.rows_erased["digest_deliveries"] == 1
    assert not folder_of().exists()
    run_day(world)
    assert not folder_of().exists()


def test_pages_escape_what_ads_say() -> None:
    line = Line("1", _HOSTILE, "A&B", "Bonn", "javascript:alert(1)", 80, _HOSTILE, True, ["<b>"], None)
    digest = Digest(DAY, datetime(2026, 11, 20, tzinfo=UTC), "k", [line])
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
        run_day(world)
        world.scalar("DELETE FROM digest_entries WHERE job_id = (SELECT max(job_id) FROM user_job_matches) RETURNING 1")
    before = announced(world)
    run_day(world)
    assert announced(world) == before == (known == "announced")
