"""Digests: each match once, whatever fails in between; pages are safe to open; nothing stays of a forgotten user."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jobmatch_dagster.cli.runs import RunFailedError, run_job
from jobmatch_dagster.core.notifications.digest import BY_MODEL, Digest, Line, as_feed, as_html, as_markdown
from jobmatch_dagster.pipeline.operations.export import export_user
from jobmatch_dagster.settings import FolderSettings
from jobmatch_dagster_tests.support.erasure import erase
from jobmatch_dagster_tests.support.world import NOW, World

_DAY = "2026-11-19"
_HOSTILE = '<script>alert("x")</script> [a](javascript:b)'


def _run(world: World, day: str = _DAY, **config: int) -> None:
    given = {"minimum_score": 0, **config}
    run_config = {"ops": {"notifications__user_digests": {"config": given}}}
    run_job(world.defs, world.instance, "daily_digests", partition_key=day, run_config=run_config)


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
    world.scalar("INSERT INTO users (user_key) VALUES ('ben') RETURNING 1")
    copied = "user_id, job_id, match_score, semantic_score, profile_version, embedding_model, scoring_key, record_hash"
    world.scalar(
        f"INSERT INTO user_job_matches ({copied}) SELECT (SELECT id FROM users WHERE user_key = 'ben'), "
        f"{copied.removeprefix('user_id, ')} FROM user_job_matches RETURNING 1"
    )
    _folder().parent.mkdir(parents=True)
    _folder().write_text("a file where the folder would be", encoding="utf-8")
    for _ in range(3):
        with pytest.raises(RunFailedError):
            _run(world, most_attempts=2)
    assert len(list(_folder("ben").iterdir())) == 3
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
