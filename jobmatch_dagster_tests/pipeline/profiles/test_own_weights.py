"""A user's own weights: only that user's list follows, everything that judges a pair agrees, and it can be undone."""

import pytest

from jobmatch_dagster.build import default_resources
from jobmatch_dagster.cli.runs import run_job
from jobmatch_dagster.defs.matching.assets import match_settings
from jobmatch_dagster.pipeline.explain.page import explain
from jobmatch_dagster.pipeline.matching.match_list import list_matches
from jobmatch_dagster_tests.support.command import run_command
from jobmatch_dagster_tests.support.world import ENGINEER_CV, NOW, World

_WEIGHTS = "[weights]\nskills = 5\nsemantic = 90\nindustry = 0\n"
_SCORES = "external_id, match_score, exact_score, stated_percent, read_percent, skills_score, semantic_score, priority"


@pytest.mark.matched
def test_own_weights_change_one_list_and_can_be_undone(world: World) -> None:
    world.take_in("ben", ENGINEER_CV)
    ada, ben = world.matches_of("ada", _SCORES), world.matches_of("ben")
    world.put_cv("ada.preferences", _WEIGHTS, ".toml")
    assert world.run_sensor("cv_inbox_sensor") == 1
    assert world.run_sensor("cv_profile_sensor") == 1
    own = {row.external_id: row for row in world.matches_of("ada", _SCORES)}
    both = [(before, own[before.external_id]) for before in ada if before.external_id in own]
    assert any(now.exact_score != before.exact_score for before, now in both)
    assert all(now.skills_score == before.skills_score for before, now in both)
    assert world.matches_of("ben") == ben
    # The weights of the texts decide the order now.
    alike = sorted(own.values(), key=lambda row: -row.exact_score)
    assert alike[0].semantic_score == max(row.semantic_score for row in own.values())
    resources = default_resources()
    settings = match_settings(resources["embedder"], resources["matching"])
    for posting in own:
        explained = explain(world.database, settings, "ada", posting, now=NOW)
        assert explained.is_same, posting
        facts = {name: value for section in explained.page.sections for name, value in section.facts.items()}
        assert facts["weights"] == (
            "the user's own: skills 5 instead of 40, industry 0 instead of 15, semantic 90 instead of 10"
        )
    # The hourly run leaves the list as it is, and the same file again is nothing new.
    run_job(world.defs, world.instance, "match_existing_jobs")
    assert world.matches_of("ada", _SCORES) == sorted(own.values(), key=lambda row: row.external_id)
    assert world.run_sensor("cv_inbox_sensor") == world.run_sensor("cv_profile_sensor") == 0
    assert run_command("preferences", "ada", "--default-weights").returncode == 0
    assert world.run_sensor("cv_profile_sensor") == 1
    assert world.matches_of("ada", _SCORES) == ada


@pytest.mark.matched
def test_lists_say_whose_weights_they_have(world: World) -> None:
    with world.database.read() as connection:
        assert "own weights" not in list_matches(connection, "ada", most=5).markdown()
    assert "own weights" not in run_command("matches", "ada").stdout
    shown = run_command("preferences", "ada", "--weight", "work arrangement=30", "--weight", "skills=2.5").stdout
    assert "2.5" in shown
    note = "Scored with the user's own weights: skills 2.5, work arrangement 30."
    with world.database.read() as connection:
        assert note in list_matches(connection, "ada", most=5).markdown()
    assert note in run_command("matches", "ada").stdout
    # One weight is added to the others.
    run_command("preferences", "ada", "--weight", "semantic=7")
    assert "skills 2.5, work arrangement 30, semantic 7." in run_command("matches", "ada").stdout
    for wrong in ("pay=7", "skills", "skills=", "skills=many"):
        refused = run_command("preferences", "ada", "--weight", wrong)
        assert (refused.returncode, "give PART=NUMBER, such as skills=60" in refused.stderr) == (2, True)
    for wrong in ("skills=-1", "skills=nan", "skills=inf", "skills=101"):
        assert (
            "skills_weight: must be a number from 0 to 100"
            in run_command("preferences", "ada", "--weight", wrong).stderr
        )
    zeros = [f"--weight={part}=0" for part in ("skills", "experience", "industry", "work_arrangement", "semantic")]
    assert "weights: all are 0" in run_command("preferences", "ada", *zeros).stderr
    assert world.scalar("SELECT skills_weight FROM user_preferences") == 2.5


@pytest.mark.matched
def test_a_changed_certainty_is_written(world: World) -> None:
    before = world.matches_of("ada", _SCORES)
    with world.database.begin() as connection:
        connection.exec_driver_sql("UPDATE user_job_matches SET stated_percent = 1, read_percent = 2")
    config = {"ops": {"match_everybody": {"config": {"again": True}}}}
    run_job(world.defs, world.instance, "match_existing_jobs", run_config=config)
    assert world.matches_of("ada", _SCORES) == before
