"""Own facts from the file or the command to the matches: on top of every reading, and of one user alone."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from jobmatch_dagster.cli.runs import run_job
from jobmatch_dagster.core.profiles.own_facts import STATED, OwnFactsError
from jobmatch_dagster.environment import environment
from jobmatch_dagster.pipeline.operations.export import export_user
from jobmatch_dagster.pipeline.profiles.ingest import read_again
from jobmatch_dagster.pipeline.profiles.own_facts import change_own_facts
from jobmatch_dagster_tests.support.claude_stand_in import KEY, ClaudeStandIn
from jobmatch_dagster_tests.support.command import run_command
from jobmatch_dagster_tests.support.erasure import erase
from jobmatch_dagster_tests.support.world import ENGINEER_CV, NOW, NURSE_CV, World

_FACTS = 'skills_added = ["Airway Management"]\nskills_removed = ["Hygiene"]\nexperience_years = 1\n'
_CURRENT = "FROM cv_profiles JOIN users ON users.id = user_id WHERE user_key = '{}' ORDER BY version DESC LIMIT 1"


def _profile(world: World, user_key: str = "ada") -> Any:
    with world.database.begin() as connection:
        return connection.exec_driver_sql(f"SELECT cv_profiles.* {_CURRENT.format(user_key)}").one()


def _file(tmp_path: Path, content: str = _FACTS) -> Path:
    path = tmp_path / "profile.toml"
    path.write_text(content)
    return path


def _matches(world: World, user_key: str) -> list[Any]:
    """The user's rows with everything that a write would change, best first."""
    with world.database.begin() as connection:
        query = (
            "SELECT external_id, m.* FROM user_job_matches m JOIN users ON users.id = user_id JOIN jobs ON "
            "jobs.id = job_id WHERE user_key = %s ORDER BY exact_score DESC, external_id"
        )
        return list(connection.exec_driver_sql(query, (user_key,)))


@pytest.mark.matched
def test_a_removed_skill_rematches_its_user_alone(world: World) -> None:
    wrong = NURSE_CV.replace("Teamwork", "Teamwork, Python, SQL, Git, PostgreSQL, Docker").replace("Ada", "Cleo")
    world.take_in("cleo", wrong)
    before, ada = _matches(world, "cleo"), _matches(world, "ada")
    shown = {skill for row in before for skill in row.matching_skills or ()}
    assert "Python" in shown
    (world.inbox / "cleo").mkdir()
    world.put_cv("cleo/profile", 'skills_removed = ["python", "sql", "git", "postgres", "docker"]', ".toml")
    assert world.run_sensor("cv_inbox_sensor") == 1
    assert world.run_sensor("cv_profile_sensor") == 1
    after = _matches(world, "cleo")
    assert "Python" not in {skill for row in after for skill in row.matching_skills or ()}
    lost = {row.external_id for row in before if "Python" in (row.matching_skills or ())}
    scores = {row.external_id: row.exact_score for row in after}
    assert lost
    assert all(scores.get(row.external_id, 0) < row.exact_score for row in before if row.external_id in lost)
    assert _matches(world, "ada") == ada
    assert {row.profile_version for row in after} == {2}
    # Nothing is due any more.
    assert world.run_sensor("cv_inbox_sensor") == world.run_sensor("cv_profile_sensor") == 0


@pytest.mark.matched
def test_no_reading_overwrites_own_facts(world: World, tmp_path: Path) -> None:
    read = _profile(world)
    assert change_own_facts(world.database, "ada", file=_file(tmp_path)).new_version == 2
    stated = _profile(world)
    assert stated.stated == ["experience_level", "experience_years", "skills"]
    assert stated.skills == ["Airway Management", *(skill for skill in read.skills if skill != "Hygiene")]
    assert (float(stated.experience_years), stated.experience_level) == (1.0, "0-2")
    assert (stated.document_id, stated.extractor_version) == (read.document_id, read.extractor_version)
    # The same CV again, and another one.
    read_again(world.database, "ada", today=NOW.date(), run_id="r")
    again = _profile(world)
    assert (again.version, again.skills, again.experience_level) == (3, stated.skills, "0-2")
    world.put_cv("ada", NURSE_CV.replace("Nursing,", "Wound Dressing, Hygiene,"))
    assert world.run_sensor("cv_inbox_sensor") == 1
    other = _profile(world)
    assert other.skills[:2] == ["Airway Management", "Wound Dressing"]
    assert "Hygiene" not in other.skills
    assert other.experience_level == "0-2"
    # Cleared: what the CV says counts again, field for field.
    world.put_cv("ada", NURSE_CV)
    world.run_sensor("cv_inbox_sensor")
    assert change_own_facts(world.database, "ada", clear=True).new_version == _profile(world).version
    cleared = _profile(world)
    same = ("skills", "experience_years", "experience_level", "industries", "evidence", "embedding_text", "text_hash")
    assert [getattr(cleared, name) for name in same] == [getattr(read, name) for name in same]
    assert (cleared.stated, cleared.reading) == (None, None)


@pytest.mark.matched
def test_the_same_facts_make_no_second_version(world: World, tmp_path: Path) -> None:
    file = _file(tmp_path)
    with ThreadPoolExecutor(4) as threads:
        changes = list(threads.map(lambda _: change_own_facts(world.database, "ada", file=file), range(8)))
    assert [change.new_version for change in changes if change.new_version] == [2]
    world.put_cv("ada.profile", _FACTS, ".toml")
    assert world.run_sensor("cv_inbox_sensor") == 1
    assert world.run_sensor("cv_inbox_sensor") == 0
    run_job(world.defs, world.instance, "ingest_cv", partition_key="ada")
    assert _profile(world).version == 2
    # What the CV says anyway changes nothing but who states it.
    assert change_own_facts(world.database, "ada", file=_file(tmp_path, 'skills_added = ["nursing"]')).new_version == 3


def test_facts_may_come_before_the_cv(world: World, tmp_path: Path) -> None:
    assert change_own_facts(world.database, "ada", file=_file(tmp_path)).new_version is None
    assert world.run_sensor("cv_profile_sensor") == 0
    world.put_cv("ada", NURSE_CV)
    world.put_cv("ben", ENGINEER_CV)
    world.put_cv("ben.profile", 'industries = ["Education"]', ".toml")
    assert world.run_sensor("cv_inbox_sensor") == 2
    assert (_profile(world).version, _profile(world).skills[0]) == (1, "Airway Management")
    assert (_profile(world, "ben").version, _profile(world, "ben").industries) == (1, ["Education"])


@pytest.fixture
def claude() -> Iterator[ClaudeStandIn]:
    with ClaudeStandIn() as stand_in, environment({"ANTHROPIC_BASE_URL": stand_in.url, "ANTHROPIC_API_KEY": KEY}):
        yield stand_in


def test_claude_fills_what_the_user_does_not_state(world: World, claude: ClaudeStandIn, tmp_path: Path) -> None:
    cv = f"{NURSE_CV}Notes\nI talk with patients in fluent-ish Polish and have a Bachelor of Nursing\n"
    claude.answer = lambda _: {
        "education": [{"value": "bachelor degree", "quote": "Bachelor of Nursing"}],
        "languages": [{"value": "Polish", "quote": "fluent-ish Polish"}],
        "industries": [],
        "seniority": [],
        "experience_years": [],
    }
    change_own_facts(
        world.database, "ada", file=_file(tmp_path, 'languages = ["German"]\nskills_removed = ["Hygiene"]')
    )
    world.put_cv("ada", cv)
    with environment({"CLAUDE_FILL_PROFILES": "1"}):
        world.reload()
        assert world.run_sensor("cv_inbox_sensor") == 1
        assert '"languages"' not in json.dumps(claude.sent[0]["messages"])
        filled = _profile(world)
        assert (filled.education, filled.languages) == (["bachelor degree"], ["German"])
        assert "Hygiene" not in filled.skills
        assert filled.evidence["languages"] == [STATED]
        # Facts that change afterwards leave what Claude filled, and nothing is paid again.
        assert change_own_facts(world.database, "ada", clear=True).new_version == 3
        run_job(world.defs, world.instance, "ingest_cv", partition_key="ada")
    cleared = _profile(world)
    assert (cleared.version, cleared.education, cleared.languages) == (3, ["bachelor degree"], None)
    assert cleared.evidence["education"] == ["Claude: Bachelor of Nursing"]
    assert len(claude.requests) == 1


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("experience_years = [", "profile.toml: the file is not TOML"),
        ("experience_years = 700", "profile.toml: experience_years: must be a number of years from 0 to 60"),
        ("#" * 70_000, "profile.toml: the file is larger than 64 KiB"),
        ("\0" * (33 * 1024 * 1024), "profile.toml: the file is larger than 64 KiB"),
    ],
    ids=["no TOML", "bad value", "large", "larger than any CV"],
)
@pytest.mark.matched
def test_a_refused_file_changes_nothing(world: World, tmp_path: Path, content: str, problem: str) -> None:
    change_own_facts(world.database, "ada", file=_file(tmp_path))
    world.put_cv("ada.profile", content, ".toml")
    assert world.run_sensor("cv_inbox_sensor") == 1
    assert problem in world.scalar("SELECT problem FROM user_facts")
    assert world.scalar("SELECT skills_added FROM user_facts") == ["Airway Management"]
    assert _profile(world).version == 2
    assert world.run_sensor("cv_inbox_sensor") == 0
    world.put_cv("ada.profile", "", ".toml")
    assert world.run_sensor("cv_inbox_sensor") == 1
    assert world.scalar("SELECT problem IS NULL AND skills_added IS NULL FROM user_facts")
    with pytest.raises(OwnFactsError, match=r"profile\.toml: "):
        change_own_facts(world.database, "ada", file=_file(tmp_path, content))


@pytest.mark.matched
def test_own_facts_are_exported_and_erased(world: World, tmp_path: Path) -> None:
    change_own_facts(world.database, "ada", file=_file(tmp_path))
    world.put_cv("ada.profile", _FACTS, ".toml")
    exported = export_user(world.database, "ada", now=NOW, inboxes=[world.inbox])
    assert exported["tables"]["user_facts"][0]["skills_added"] == ["Airway Management"]
    assert {file["name"] for file in exported["files"]} == {"ada.txt", "ada.profile.toml"}
    erase(world, "ada")
    assert world.scalar("SELECT count(*) FROM user_facts") == 0
    assert list(world.inbox.iterdir()) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [("skills_added", '["Nursing"]'), ("experience_years", "9"), ("industries", '["Healthcare"]')],
)
@pytest.mark.matched
def test_stating_an_unknown_field_ends_its_finding(world: World, tmp_path: Path, field: str, value: str) -> None:
    with world.database.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE cv_profiles SET skills = NULL, industries = NULL, experience_years = NULL, experience_level = NULL"
        )
    posting = _matches(world, "ada")[0].external_id
    remedy = f"`jobmatch profile ada FILE` with the line {field} in a profile.toml"
    assert remedy in " ".join(run_command("explain", "ada", posting).stdout.split())
    assert run_command("profile", "ada", str(_file(tmp_path, f"{field} = {value}"))).returncode == 0
    assert remedy not in " ".join(run_command("explain", "ada", posting).stdout.split())


@pytest.mark.matched
def test_the_explanation_shows_the_users_own_words(world: World, tmp_path: Path) -> None:
    posting = _matches(world, "ada")[0].external_id
    shown = run_command("profile", "ada", str(_file(tmp_path, _FACTS)))
    assert "Profile version 2; cv_profile_sensor matches ada again" in shown.stdout
    assert "Airway Management" in run_command("profile", "ada").stdout
    assert world.run_sensor("cv_profile_sensor") == 1
    page = run_command("explain", "ada", posting).stdout
    assert f"{STATED}: skills removed" in page
    assert f"has 0-2 ({STATED})" in page
    assert "differ from those of its CV read again" not in page
    refused = run_command("profile", "ada", str(_file(tmp_path, "skill_added = 1")))
    assert refused.returncode == 1
    assert "profile.toml: skill_added: no such field; did you mean skills_added?" in refused.stderr
    assert run_command("profile", "ada", "--clear").returncode == 0
    assert "Did you mean ada?" in run_command("profile", "adaa").stderr
