"""The Python API on a real pipeline: jobs added, matches decided, decisions that outlive everything."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from jobmatch_dagster import api
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.matching.matches import NoMatchError
from jobmatch_dagster.pipeline.catalog.load import load_pages
from jobmatch_dagster.pipeline.operations.legacy import convert_legacy
from jobmatch_dagster_tests.support.legacy_database import build_legacy_database
from jobmatch_dagster_tests.support.world import ENGINEER_CV, HOUR, NOW, NURSE_CV, World, build_world

RECORD = {
    "id": "77", "title": "Nurse", "organization": "Klinikum", "url": "https://example.org/77",
    "date_created": "2026-11-20T07:10:00", "ai_key_skills": ["Nursing", "Wound Care"], "ai_experience_level": "5-10",
}  # fmt: skip


def test_a_job_is_added_once_and_updated_when_it_differs(database: Database) -> None:
    assert not api.job_exists(database, "77")
    assert api.add_job(database, RECORD) == api.AddedJob("77", "inserted")
    assert api.job_exists(database, "77")
    assert api.add_job(database, RECORD).outcome == "unchanged"
    assert api.add_job(database, {**RECORD, "title": "Head Nurse"}).outcome == "updated"
    assert api.add_job(database, RECORD, seen_at=NOW - timedelta(days=900)).outcome == "unchanged"
    g2 = {**RECORD, "id": 78, "ai_education": ["bachelor degree"]}
    assert api.add_job(database, g2).outcome == "inserted"
    assert api.job_statistics(database).total == 2
    rebuilt = load_pages(database, "rebuild", rebuild=True)
    assert (rebuilt.pages, rebuilt.counts.updated) == (5, 0)
    with database.begin() as connection:
        assert connection.scalar(text("SELECT title FROM jobs WHERE external_id = '77'")) == "Head Nurse"


@pytest.mark.parametrize(
    ("change", "said"),
    [({"title": ""}, "title: missing"), ({"id": None}, "id"), ({"date_created": "soon"}, "date_created: no date")],
)
def test_a_bad_record_is_refused_with_its_field(change: dict[str, Any], said: str, database: Database) -> None:
    with pytest.raises(api.RecordError, match=said):
        api.add_job(database, RECORD | change)
    with database.begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM job_pages")) == 0


def test_an_ad_is_added_from_its_text_once(database: Database) -> None:
    ad = "Ward nurse (f/m/d)\n\nYou care for patients.\u0000 <script>alert(1)</script>"
    added = api.add_posting(database, ad, company="Klinikum", location="Berlin", seen_at=NOW)
    assert [one.outcome for one in added] == ["inserted"]
    again = api.add_posting(database, ad, company="Klinikum", location="Berlin", seen_at=NOW + timedelta(days=1))
    assert again == [api.AddedJob(added[0].external_id, "unchanged")]
    with database.begin() as connection:
        row = connection.execute(text("SELECT title, company, location, source, url, description FROM jobs")).one()
        assert connection.scalar(text("SELECT count(*) FROM job_pages")) == 1
    assert tuple(row[:4]) == ("Ward nurse (f/m/d)", "Klinikum", "Berlin", "added")
    assert row.url == f"urn:jobmatch:{added[0].external_id}"
    assert "alert" not in row.description
    other = api.add_posting(database, ad, title="Nurse", company="Klinikum", url="https://a.example/1")
    assert other[0].external_id != added[0].external_id


def test_an_ad_is_added_from_json_ld_once(database: Database) -> None:
    ad = '{"@type": "JobPosting", "title": "Nurse", "identifier": "7", "hiringOrganization": "Klinikum"}'
    assert api.add_posting(database, ad, seen_at=NOW) == [api.AddedJob("added:klinikum:7", "inserted")]
    assert api.add_posting(database, ad) == [api.AddedJob("added:klinikum:7", "unchanged")]
    changed = ad.replace("Nurse", "Head nurse")
    assert api.add_posting(database, changed, seen_at=NOW) == [api.AddedJob("added:klinikum:7", "updated")]
    rebuilt = load_pages(database, "rebuild", rebuild=True)
    assert (rebuilt.pages, rebuilt.quarantined, rebuilt.counts.updated) == (2, 0, 0)


@pytest.mark.parametrize(
    ("ad", "facts", "said"),
    [
        ("", {"company": "K"}, "empty"), ("Nurse", {}, "--company"), ("Nurse " * 99, {"company": "K"}, "--title"),
        ("Nurse", {"company": "K", "url": "javascript:alert(1)"}, "no address of the web"),
        ("n" * 2_000_001, {"company": "K"}, "bytes"), ('{"@type": "JobPosting"}', {}, "title: missing"),
        ("<html>Nothing</html>", {}, "no job posting"), ("{", {}, "no JSON"),
    ],
)  # fmt: skip
def test_an_ad_that_cannot_be_used_is_refused(ad: str, facts: dict[str, str], said: str, database: Database) -> None:
    with pytest.raises(api.JobmatchError, match=said):
        api.add_posting(database, ad, **facts)
    with database.begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM job_pages")) == 0


def test_a_record_that_the_database_refuses_is_reported(database: Database) -> None:
    with database.begin() as connection:
        connection.execute(text("ALTER TABLE jobs ADD CHECK (title <> 'cursed')"))
    with pytest.raises(api.RecordError, match=r"\(record\): the database refuses it: new row"):
        api.add_job(database, RECORD | {"title": "cursed"})
    with database.begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM job_pages")) == 0


def test_decisions_survive_matching_anew_and_backfill(world: World) -> None:
    world.market(per_hour=24, since=HOUR - timedelta(hours=3))
    world.collect()
    world.take_in("ada", NURSE_CV)
    first, second, third = (row["external_id"] for row in api.matches(world.database, "ada", most=3))
    assert api.decide(world.database, "ada", first, "applied")
    assert not api.decide(world.database, "ada", first, "applied")
    assert api.decide(world.database, "ada", second, "rejected")
    assert api.decide(world.database, "ada", third, "saved")
    assert api.decide(world.database, "ada", third, "new")
    with pytest.raises(NoMatchError):
        api.decide(world.database, "ada", "none", "saved")
    with pytest.raises(ValueError, match="one of new, saved"):
        api.decide(world.database, "ada", first, "loved")
    with pytest.raises(api.UnknownUserError):
        api.user_statistics(world.database, "nobody")
    decided = decisions(world.database)

    world.take_in("ada", ENGINEER_CV)  # another profile: other matches altogether
    assert decisions(world.database) == decided
    world.collect(HOUR - timedelta(hours=2))  # backfill of an older hour
    load_pages(world.database, "rebuild", rebuild=True)
    world.collect(HOUR)
    assert decisions(world.database) == decided
    statistics = api.user_statistics(world.database, "ada")
    assert (statistics.applied, statistics.rejected, statistics.saved) == (1, 1, 0)


def test_carried_decisions_survive_matching_and_backfill(empty_database_url: str, tmp_path: Path) -> None:
    legacy = Database(empty_database_url)
    build_legacy_database(legacy, jobs=90)
    assert convert_legacy(legacy, datetime.now(UTC), lambda _: None)
    decided = decisions(legacy)
    assert len(decided) > 20
    with build_world(empty_database_url, tmp_path) as world:
        world.collect()
        world.take_in("1", NURSE_CV)
        assert decisions(world.database) == decided
        scored = "SELECT count(*) FROM user_job_matches WHERE status <> 'new' AND match_score IS NOT NULL"
        assert world.scalar(scored) > 0  # carried rows are matched like any other
        world.collect(HOUR - timedelta(hours=2))
        load_pages(world.database, "rebuild", rebuild=True)
        world.take_in("1", ENGINEER_CV)
        assert decisions(world.database) == decided
    legacy.dispose()


def decisions(database: Database) -> list[tuple[Any, ...]]:
    query = (
        "SELECT user_key, external_id, status, decided_at FROM user_job_matches AS m JOIN users ON users.id = user_id "
        "JOIN jobs ON jobs.id = job_id WHERE status <> 'new' ORDER BY 1, 2"
    )
    with database.begin() as connection:
        return [tuple(row) for row in connection.execute(text(query))]
