"""The language of the reasons: one user's list follows it, no number does, and it can be undone."""

from typing import Any

import pytest

from jobmatch_dagster_tests.support.command import run_command
from jobmatch_dagster_tests.support.world import ENGINEER_CV, World

_NUMBERS = "match_score, exact_score, matching_skills, missing_skills, stated_percent, status"


def _rows(world: World, user_key: str, columns: str) -> list[Any]:
    query = (
        f"SELECT job_id, {columns} FROM user_job_matches JOIN users ON users.id = user_id "
        "WHERE user_key = %s ORDER BY job_id"
    )
    with world.database.begin() as connection:
        return list(connection.exec_driver_sql(query, (user_key,)))


@pytest.mark.matched
def test_one_users_reasons_turn_german_and_back(world: World) -> None:
    world.take_in("ben", ENGINEER_CV)
    english, ben = _rows(world, "ada", "match_reasoning"), _rows(world, "ben", "match_reasoning, updated_at")
    numbers = _rows(world, "ada", _NUMBERS)
    world.put_cv("ada.preferences", 'explanation_language = "de"', ".toml")
    assert world.run_sensor("cv_inbox_sensor") == 1
    assert world.run_sensor("cv_profile_sensor") == 1
    german = [row.match_reasoning for row in _rows(world, "ada", "match_reasoning")]
    assert len(german) == len(english) > 0
    assert all("Textähnlichkeit: " in reason and "alike" not in reason for reason in german)
    assert _rows(world, "ada", _NUMBERS) == numbers
    assert _rows(world, "ben", "match_reasoning, updated_at") == ben
    assert "explanation language" in run_command("preferences", "ada").stdout
    # English said aloud is what was there without a word.
    assert run_command("preferences", "ada", "--explanation-language", "en").returncode == 0
    assert world.run_sensor("cv_profile_sensor") == 1
    assert _rows(world, "ada", "match_reasoning") == english
    run_command("preferences", "ada", "--clear")
    assert world.run_sensor("cv_profile_sensor") == 0
    refused = run_command("preferences", "ada", "--explanation-language", "fr").stderr
    assert "explanation_language: must be one of en, de" in refused
