"""Which skills an ad calls nice to have."""

import pytest

from jobmatch_dagster.core.matching.optional_skills import optional_skills

_SKILLS = ["Python", "Docker", "SQL"]
_OPTIONAL = [
    "{} is a plus.",
    "Nice to have: {}.",
    "Ideally you know {}.",
    "{} would be an advantage.",
    "Knowledge of {} is not mandatory.",
    "Kenntnisse in {} sind von Vorteil.",
    "Idealerweise kennst du {}.",
    "{} ist kein Muss.",
    "{} wünschenswert",
    "Bonus points for {}.",
]
_ASKED = [
    "{} is required.",
    "You work with {} every day.",
    "{} is mandatory, which is a plus for us.",
    "{} zwingend erforderlich.",
    "Du arbeitest mit {}.",
]


@pytest.mark.parametrize("skill", _SKILLS)
@pytest.mark.parametrize("sentence", _OPTIONAL)
def test_a_sentence_that_says_so_makes_it_optional(sentence: str, skill: str) -> None:
    others = [name for name in _SKILLS if name != skill]
    text = f"We use {others[0]} and {others[1]}. {sentence.format(skill)} Apply now."
    assert optional_skills(_SKILLS, text) == [skill]


@pytest.mark.parametrize("asked", _ASKED)
@pytest.mark.parametrize("optional", _OPTIONAL)
def test_what_is_asked_for_anywhere_is_not_optional(optional: str, asked: str) -> None:
    assert optional_skills(_SKILLS, f"{optional.format('SQL')}\n{asked.format('SQL')}") == []


@pytest.mark.parametrize("heading", ["Nice to have", "Von Vorteil:", "What would be a plus", "Preferred skills"])
def test_lines_below_a_heading_are_optional_up_to_the_next(heading: str) -> None:
    text = f"Requirements\n- Python\n{heading}\n- Docker\n- SQL\nWhat we offer\n- Python lunches"
    assert optional_skills(_SKILLS, text) == ["Docker", "SQL"]


def test_a_line_that_glues_a_list_says_nothing() -> None:
    glued = "Aufgaben Python " + "weitere Aufgaben " * 20 + "Idealerweise Docker SQL"
    assert optional_skills(_SKILLS, glued) == []


def test_without_skills_or_text_there_are_none() -> None:
    assert optional_skills(None, "Nice to have: Python") == []
    assert optional_skills(_SKILLS, "") == []
