"""The language of the reasons: one user's list follows it, no number does, and it can be undone."""

import pytest

from jobmatch_dagster_tests.support.command import run_command
from jobmatch_dagster_tests.support.world import ENGINEER_CV, World

_REASON = "external_id, match_reasoning"
_NUMBERS = "external_id, match_score, exact_score, matching_skills, missing_skills, stated_percent, status"


@pytest.mark.matched
def test_one_users_reasons_turn_german_and_back(world: World) -> None:
    world.take_in("ben", ENGINEER_CV)
    english, ben = world.matches_of("ada", _REASON), world.matches_of("ben", f"{_REASON}, m.updated_at")
    numbers = world.matches_of("ada", _NUMBERS)
    world.put_cv("ada.preferences", 'explanation_language = "de"', ".toml")
    assert world.run_sensor("cv_inbox_sensor") == 1
    assert world.run_sensor("cv_profile_sensor") == 1
    german = [row.match_reasoning for row in world.matches_of("ada", _REASON)]
    assert len(german) == len(english) > 0
    assert all("Textähnlichkeit: " in reason and "alike" not in reason for reason in german)
    assert world.matches_of("ada", _NUMBERS) == numbers
    assert world.matches_of("ben", f"{_REASON}, m.updated_at") == ben
    assert "explanation language" in run_command("preferences", "ada").stdout
    # English said aloud is what was there without a word.
    assert run_command("preferences", "ada", "--explanation-language", "en").returncode == 0
    assert world.run_sensor("cv_profile_sensor") == 1
    assert world.matches_of("ada", _REASON) == english
    run_command("preferences", "ada", "--clear")
    assert world.run_sensor("cv_profile_sensor") == 0
    refused = run_command("preferences", "ada", "--explanation-language", "fr").stderr
    assert "explanation_language: must be one of en, de" in refused
