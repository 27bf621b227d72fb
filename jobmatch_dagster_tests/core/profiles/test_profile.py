"""What is read of a CV: the demo's five people, and the traps of dates and skills."""

from datetime import date

import pytest

from jobmatch_dagster.core.profiles.profile import extract_profile
from jobmatch_dagster.demo.cvs import demo_cvs
from jobmatch_dagster.resources.document_reader import read_in_child

_TODAY = date(2026, 11, 20)


def _years(*lines: str) -> float | None:
    return extract_profile("\n".join(["Work experience", *lines]), today=_TODAY).experience_years


@pytest.mark.parametrize(
    ("user_key", "years", "industry", "skill"),
    [
        ("user-1001", 7.2, "Software", "Python"),
        ("user-1002", 6.2, "Healthcare", "Nursing"),
        ("user-1003", 8.5, "Marketing", "SEO"),
        ("user-1004", 2.6, "Logistics", "Kommissionierung"),
        ("user-1005", 12.4, "Finance & Accounting", "Accounting"),
    ],
)
def test_the_demos_people_are_read_right(user_key: str, years: float, industry: str, skill: str) -> None:
    (cv,) = (cv for cv in demo_cvs() if cv.user_key == user_key)
    reading = read_in_child(f"cv{cv.suffix}", cv.content)
    assert reading.text is not None
    profile = extract_profile(reading.text, today=_TODAY)
    assert profile.experience_years == pytest.approx(years, abs=0.2)
    assert industry in (profile.industries or [])
    assert skill in (profile.skills or [])
    assert profile.languages
    assert profile.education
    for field in ("skills", "experience_years", "industries"):
        assert profile.evidence[field]


@pytest.mark.parametrize(
    ("lines", "years"),
    [
        (["01/2020 - 12/2021 Developer"], 2.0),
        (["01/2020 - 12/2021 Developer", "06/2020 - 12/2021 Tutor"], 2.0),
        (["März 2020 - Februar 2021 Entwickler"], 1.0),
        (["Nov 2024 - present Developer"], 2.0),
        (["11/2024 - heute Entwickler"], 2.0),
    ],
)
def test_years_of_experience_count_each_month_once(lines: list[str], years: float) -> None:
    assert _years(*lines) == pytest.approx(years, abs=0.15)


@pytest.mark.parametrize(
    ("text", "skills"),
    [
        ("Skills\nC, R, Go, C++, C#, .NET", ["C", "R", "Go", "C++", "C#", ".NET"]),
        ("Kenntnisse\nErfahrung mit Go\nGrundkenntnisse in C\nR (3 Jahre), SQL: gut", ["Go", "C", "R", "SQL"]),
        # Spoken languages have a field of their own.
        ("Skills\nPython, Hindi, Marathi C1", ["Python"]),
        # A sentence among the items gives what the table knows, and no place.
        ("Skills\nWorked for two years with Python and Docker at a bank, Pune", ["Python", "Docker"]),
        ("Skills\n• Excellent understanding of SQL\n• Good knowledge of Django", ["SQL", "Django"]),
        # A heading that ran on into the line before it.
        ("Skills\nPython\nDjango. Certificates: A course in cooking, A course in sewing", ["Python", "Django"]),
        ("Projects\nc) the third shop", []),
    ],
)
def test_skills_are_separated_from_the_words_around_them(text: str, skills: list[str]) -> None:
    assert sorted(extract_profile(text, today=_TODAY).skills or []) == sorted(skills)


def test_a_firm_is_no_title_and_a_contest_no_job() -> None:
    text = "Company Details\ncompany - Atri Developers\nTook part in a contest 2017 - 2018"
    profile = extract_profile(text, today=_TODAY)
    assert (profile.industries, profile.experience_years) == (None, None)


def test_what_a_cv_does_not_say_is_unknown() -> None:
    profile = extract_profile("Hello.", today=_TODAY)
    assert (profile.skills, profile.experience_years, profile.industries, profile.work_arrangements) == (None,) * 4


def test_the_embedded_text_holds_no_name_and_no_address() -> None:
    text = "Ada Example\nada@example.org\n+49 30 1234567\nNurse\nSkills: Nursing, Patient Care\nBorn 1.1.1990 in Rome"
    embedded = extract_profile(text, today=_TODAY).embedding_text
    for secret in ("Ada", "Example", "example.org", "1234567", "1990"):
        assert secret not in embedded
