"""A person with several CVs: each posting is matched with the one that fits best, which lists and pages name."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from jobmatch_dagster.build import default_resources
from jobmatch_dagster.cli.runs import run_job
from jobmatch_dagster.core.profiles.cv_labels import MAX_CVS, CvLabelError
from jobmatch_dagster.db.connection.migrations import migrate, rollback
from jobmatch_dagster.db.notifications.digests import read_new_matches
from jobmatch_dagster.defs.matching.assets import match_settings
from jobmatch_dagster.pipeline.explain.page import explain
from jobmatch_dagster.pipeline.matching.match_list import list_matches
from jobmatch_dagster.pipeline.profiles.inbox import list_inbox
from jobmatch_dagster.pipeline.profiles.own_facts import change_own_facts
from jobmatch_dagster.pipeline.profiles.remove_cv import remove_cv
from jobmatch_dagster_tests.support.command import run_command
from jobmatch_dagster_tests.support.erasure import erase
from jobmatch_dagster_tests.support.world import HOUR, NOW, NURSE_CV, World

_BOOKKEEPER_CV = """
Ada Example
Bookkeeper
Experience
01/2012 - 02/2018 Bookkeeper, Kranich Handels GmbH, Munich
Accounts payable and receivable, monthly closing and tax returns in DATEV
Skills: Bookkeeping, Accounting, DATEV, Accounts Payable, Financial Reporting, Excel, SAP
"""
_SCORES = "external_id, match_score, exact_score, skills_score, cv_label, profile_version, status"


def _add(world: World, label: str, cv: str, user_key: str = "both") -> None:
    (world.inbox / user_key / label).mkdir(parents=True, exist_ok=True)
    world.put_cv(f"{user_key}/{label}/cv", cv)


def _match(world: World) -> None:
    assert world.run_sensor("cv_inbox_sensor") > 0
    assert world.run_sensor("cv_profile_sensor") > 0
    assert world.run_sensor("cv_inbox_sensor") == world.run_sensor("cv_profile_sensor") == 0


@pytest.fixture
def both(world: World) -> World:
    """A nurse, a bookkeeper, and a person who is both and has a CV for each, matched with the same postings."""
    world.market(per_hour=60, since=HOUR - timedelta(days=1))
    world.collect()
    world.put_cv("nurse", NURSE_CV)
    world.put_cv("keeper", _BOOKKEEPER_CV)
    world.put_cv("both", NURSE_CV)
    _add(world, "bookkeeper", _BOOKKEEPER_CV)
    _match(world)
    return world


def test_each_posting_has_the_cv_that_fits_best(both: World) -> None:
    alone = {
        label: {row.external_id: row for row in both.matches_of(user, _SCORES)}
        for label, user in (("default", "nurse"), ("bookkeeper", "keeper"))
    }
    rows = {row.external_id: row for row in both.matches_of("both", _SCORES)}
    assert rows.keys() == alone["default"].keys() | alone["bookkeeper"].keys()
    assert {row.cv_label for row in rows.values()} == {"default", "bookkeeper"}
    for posting, row in rows.items():
        best = max(found[posting].exact_score for found in alone.values() if posting in found)
        assert (row.exact_score, alone[row.cv_label][posting].exact_score) == (best, best)
    versions = {row.cv_label: row.profile_version for row in rows.values()}
    assert sorted(versions.values()) == [1, 2]
    matched = "SELECT profile_version FROM user_match_state JOIN users ON id = user_id WHERE user_key = 'both'"
    assert both.scalar(matched) == 2
    # An hourly run finds what is missing, and leaves the others as they are.
    before = both.matches_of("both", _SCORES)
    with both.database.begin() as connection:
        connection.exec_driver_sql("DELETE FROM job_match_state WHERE mod(job_id, 2) = 0")
        connection.exec_driver_sql("DELETE FROM user_job_matches WHERE mod(job_id, 2) = 0")
    run_job(both.defs, both.instance, "match_existing_jobs")
    assert both.matches_of("both", _SCORES) == before


def test_a_short_list_has_the_best_of_all_cvs(both: World) -> None:
    everything = sorted(both.matches_of("both", _SCORES), key=lambda row: (-row.exact_score, row.external_id))
    run_config = {
        "resources": {"matching": {"config": {"keep_best": 7}}},
        "ops": {"match_everybody": {"config": {"again": True}}},
    }
    run_job(both.defs, both.instance, "match_existing_jobs", run_config=run_config)
    kept = sorted(both.matches_of("both", _SCORES), key=lambda row: (-row.exact_score, row.external_id))
    assert [row.external_id for row in kept] == [row.external_id for row in everything[:7]]
    assert [row.cv_label for row in kept] == [row.cv_label for row in everything[:7]]


def test_lists_pages_and_digests_name_the_cv(both: World) -> None:
    rows = {row.external_id: row for row in both.matches_of("both", _SCORES)}
    with both.database.read() as connection:
        listed = list_matches(connection, "both", most=500)
        assert "CV" not in list_matches(connection, "nurse", most=500).columns
        user_id = both.scalar("SELECT id FROM users WHERE user_key = 'both'")
        announced = read_new_matches(connection, {user_id: (0, 500)})
    assert listed.columns[-1] == "CV"
    assert {row[-1] for row in listed.rows()} == {"default", "bookkeeper"}
    assert all(line["cv_label"] == rows[line["external_id"]].cv_label for line in listed.lines)
    assert {(row.cv_label, row.cvs) for row in announced} == {("default", 2), ("bookkeeper", 2)}
    assert "bookkeeper" in run_command("matches", "both", "--limit", "100").stdout
    assert "CV" in run_command("matches", "both", "--csv").stdout.splitlines()[0].split(",")
    resources = default_resources()
    settings = match_settings(resources["embedder"], resources["matching"])
    for posting in [*rows][::7]:
        explained = explain(both.database, settings, "both", posting, now=NOW)
        assert explained.is_same, posting
        facts = {name: value for section in explained.page.sections for name, value in section.facts.items()}
        assert facts["CV that fits best now"].startswith(f"{rows[posting].cv_label}, of ")
        assert not [finding for finding in explained.page.findings if "CV read again" in finding.what]


def test_a_cv_is_read_replaced_and_removed_by_itself(both: World) -> None:
    nurse = {row.external_id: row.exact_score for row in both.matches_of("nurse", _SCORES)}
    decided = next(row.external_id for row in both.matches_of("both", _SCORES) if row.cv_label == "bookkeeper")
    run_command("decide", "both", decided, "saved")
    _add(both, "bookkeeper", _BOOKKEEPER_CV.replace("SAP", "SAP FI, Payroll"))
    _match(both)
    labels = (
        "SELECT string_agg(label || version, ' ' ORDER BY version) FROM cv_profiles p JOIN users u ON u.id = user_id "
    )
    assert both.scalar(labels).endswith("bookkeeper3")
    assert change_own_facts(both.database, "both", clear=True).new_version is None
    removed = run_command("cv", "remove", "both", "--label", "bookkeeper")
    assert "Removed; profile version 4." in removed.stdout
    assert not (both.inbox / "both" / "bookkeeper").exists()
    assert both.run_sensor("cv_inbox_sensor") == 0
    assert both.run_sensor("cv_profile_sensor") == 1
    rows = both.matches_of("both", _SCORES)
    left = {row.external_id: row.exact_score for row in rows if row.status == "new"}
    assert left == {posting: score for posting, score in nurse.items() if posting != decided}
    assert {row.cv_label for row in rows if row.status == "new"} == {"default"}
    assert [row.status for row in rows if row.external_id == decided] == ["saved"]
    # The version goes on, so a later CV never gets the number of one that was removed.
    _add(both, "welder", _BOOKKEEPER_CV)
    _match(both)
    assert both.scalar(labels).endswith("default4 welder5")


def test_a_cv_that_must_stay_is_not_removed(both: World) -> None:
    for label, message in (
        ("default", "The default CV stays"),
        ("welder", "There is no CV 'welder'. The CVs are bookkeeper, default."),
        ("../nurse", "A label of a CV is"),
    ):
        with pytest.raises(CvLabelError, match=message):
            remove_cv(both.database, "both", label, inboxes=[both.inbox])
    shutil.rmtree(both.inbox / "both")
    assert len(both.matches_of("both", _SCORES)) > 0
    erase(both, "both")
    assert both.scalar("SELECT count(*) FROM cv_documents WHERE label <> 'default'") == 0


def test_labels_are_short_names_and_few(world: World, tmp_path: Path) -> None:
    cv = tmp_path / "cv.txt"
    cv.write_text(NURSE_CV)
    for label in ("Nurse", "../x", "a/b", "", ".", "n" * 33, "-x", "pflege kraft"):
        assert "A label of a CV is" in run_command("cv", "add", "ada", str(cv), "--label", label).stderr
    (tmp_path / "profile.toml").write_text("")
    refused = run_command("cv", "add", "ada", str(tmp_path / "profile.toml"), "--label", "nurse")
    assert "leave out the label" in refused.stderr
    for number in range(1, MAX_CVS):
        assert run_command("cv", "add", "ada", str(cv), "--label", f"cv-{number}").returncode == 0
    assert f"at most {MAX_CVS} CVs" in run_command("cv", "add", "ada", str(cv), "--label", "cv-9").stderr
    # Folders that are made by hand: too many of them, and names that are no labels.
    for name in ("cv-8", "cv-9", "Old CVs"):
        _add(world, name, NURSE_CV, "ada")
    listed = list_inbox(world.inbox, NOW)
    assert sorted(file.label for file in listed.files) == [f"cv-{number}" for number in range(1, MAX_CVS)]
    assert listed.skipped == 3


@pytest.mark.matched
def test_a_rollback_leaves_the_default_cv(world: World) -> None:
    _add(world, "bookkeeper", _BOOKKEEPER_CV, "ada")
    _match(world)
    assert world.scalar("SELECT count(*) FROM cv_documents") == 2
    while not any(name.endswith(".cv_labels") for name in rollback(world.database)):
        pass
    assert world.scalar("SELECT count(*) FROM cv_documents") == world.scalar("SELECT count(*) FROM cv_profiles") == 1
    migrate(world.database)
    assert world.run_sensor("cv_profile_sensor") == 1
    assert {row.profile_version for row in world.matches_of("ada", _SCORES)} == {1}
