"""The level that an ad asks for in its own words, over families of titles and sentences."""

import itertools

import pytest

from jobmatch_dagster.core.matching.ad_level import read_level

_SENIOR = [
    "Senior {}",
    "Lead {}",
    "Principal {}",
    "Head of {}",
    "{} Director",
    "Leiter {}",
    "Leitung {}",
    "Teamleiterin {}",
]
_BEGINNER = ["Junior {}", "{} Intern", "Werkstudent {}", "Praktikum {}", "Trainee {}", "Azubi {}", "Graduate {}"]
_OTHERS = [
    "Leiterplattenbestücker (m/w/d)", "Entwickler Leiterplatten-Layout", "Halbleiter-Technologe", "Schulbegleiter",
    "Monteur Rohrleitungsbau", "Staff Nurse", "Direct Support Staff", "Lead Generation Specialist",
    "Senior Living Caregiver", "Seniorenbetreuer", "Teamassistenz der Leitung (m/w/d)", "Assistant to the Director",
    "Lead Installer Helper", "Personalreferent Ausbildung (m/w/d)", "Internship Coordinator", "Recruiter",
]  # fmt: skip


@pytest.mark.parametrize(("title", "work"), itertools.product(_SENIOR, ["Marketing", "Softwareentwicklung", "Sales"]))
def test_a_leading_title_is_senior(title: str, work: str) -> None:
    assert read_level(title.format(work), "") == "5-10"


@pytest.mark.parametrize(("title", "work"), itertools.product(_BEGINNER, ["Marketing", "Controlling", "Engineer"]))
def test_a_beginners_title_is_for_beginners(title: str, work: str) -> None:
    assert read_level(title.format(work), "5 years of experience") == "0-2"


@pytest.mark.parametrize("title", _OTHERS)
def test_part_of_a_word_says_no_level(title: str) -> None:
    assert read_level(title, "") is None


@pytest.mark.parametrize("title", ["Head of Graduate Programs", "Leiter Ausbildung (m/w/d)"])
def test_who_runs_a_programme_is_no_beginner(title: str) -> None:
    assert read_level(title, "") == "5-10"


_NUMBERS = [("3", "2-5"), ("three", "2-5"), ("drei", "2-5"), ("fünf", "5-10"), ("five", "5-10"), ("8", "5-10")]
_ASKS = [
    "You have {} years of experience in sales.",
    "Minimum {} years experience required.",
    "We require {} years of experience.",
    "Mindestens {} Jahre Berufserfahrung.",
    "Sie bringen {} Jahre Erfahrung mit.",
    "{} years or more of relevant experience",
]
_OF_THE_FIRM = [
    "For more than {} years of experience our team has served guests.",
    "Mit über {} Jahren Erfahrung sind wir der Fachmarkt der Region.",
    "Our company has {} years of experience.",
    "Seit {} Jahren sammeln wir Erfahrung.",
]


@pytest.mark.parametrize(("sentence", "number"), itertools.product(_ASKS, _NUMBERS))
def test_years_that_are_asked_for_are_the_level(sentence: str, number: tuple[str, str]) -> None:
    assert read_level("Verkäufer", f"Wir sind ein Team. {sentence.format(number[0])}") == number[1]


@pytest.mark.parametrize(("sentence", "number"), itertools.product(_OF_THE_FIRM, ["3", "12", "fünf"]))
def test_the_years_of_the_firm_are_no_requirement(sentence: str, number: str) -> None:
    assert read_level("Verkäufer", sentence.format(number)) is None
