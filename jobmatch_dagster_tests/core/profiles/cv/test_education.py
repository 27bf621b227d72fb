"""Degrees in a section about education, and what only looks like one."""

import pytest

from jobmatch_dagster.core.profiles.cv.education import degrees_named, read_education
from jobmatch_dagster.core.profiles.cv.sections import split_sections

_SCHOOL, _BACHELOR, _POSTGRADUATE = "high school", "bachelor degree", "postgraduate degree"
_STATES = (
    "Boston, MA",
    "Springfield, MA",
    "Portland, ME",
    "Orono, ME",
    "Jackson, MS",
    "Baltimore, MD",
    "College Park, MD",
)


@pytest.mark.parametrize("town", _STATES)
@pytest.mark.parametrize(
    ("line", "degrees"),
    [
        ("B.S. in Biology, Boston University, {}, 2012", {_BACHELOR}),
        ("B.A. Music, Example College, {}", {_BACHELOR}),
        ("Bachelor of Arts | Example University | {} | 2008 - 2012", {_BACHELOR}),
        ("High School Diploma, {}, 2012", {_SCHOOL}),
        ("Example High School, {} 02101", {_SCHOOL}),
        ("{}", set()),
        ("MA in History, Example University, {}", {_POSTGRADUATE}),
    ],
)
def test_a_state_is_no_degree(line: str, degrees: set[str], town: str) -> None:
    assert degrees_named(line.format(town)) == degrees


@pytest.mark.parametrize("place", ["New Town, MA", "West Example, ME", "Old Field, MD, USA"])
def test_an_unknown_town_follows_its_institution(place: str) -> None:
    assert degrees_named(f"B.Sc. Physics, Example College, {place}") == {_BACHELOR}


@pytest.mark.parametrize(
    "line",
    [
        "MA, English Literature", "MA in History", "History, MA, Boston University",
        "University of Edinburgh, MA, 2012", "English Literature, MA, 2012", "ME Computer Engineering, Pune",
        "M.E. Mechanical Engineering", "MS in Computer Science",
        "M.S. Nutrition", "MEng", "M.Sc.", "Master of Science", "Masters", "Master's degree in Physics", "MBA",
        "Doctor of Pharmacy (Pharm.D.), Pharmacy", "PharmD", "Pharm.D.", "Doctor of Medicine",
        "MD, Example Medical School",
        "M.D.", "Juris Doctor, Example Law School 2010", "JD", "J.D., Example University", "Ph.D. in Physics", "PhD",
        "DDS", "Doctor of Philosophy", "EdD", "DPhil", "LL.M.", "Staatsexamen", "Diplom Informatik",
        "Promotion zum Dr. rer. nat.",
        "Doctorat en droit",
    ],
)  # fmt: skip
def test_degrees_after_the_first_are_postgraduate(line: str) -> None:
    assert degrees_named(line) == {_POSTGRADUATE}


@pytest.mark.parametrize(
    "line",
    [
        "Certified Scrum Master", "Certified ScrumMaster (CSM)", "Professional Scrum Master I", "Kanban Master",
        "Toastmasters Club", "Master class in cooking", "Masterclass", "Master Data Management", "Master Black Belt",
        "Master Electrician",
        "Mastering Python (Coursera)", "MS Office", "MS-Excel course", "MS SQL Server", "Webmaster",
    ],
)  # fmt: skip
def test_masters_without_a_degree_are_none(line: str) -> None:
    assert degrees_named(line) == set()


def test_evidence_is_the_line_as_it_is_written() -> None:
    sections = split_sections("Education\nCertified Scrum Master, B.S. in Biology, Boston University, Boston, MA")
    field = read_education(sections)
    assert field.values == (_BACHELOR,)
    assert field.evidence == ("Certified Scrum Master, B.S. in Biology, Boston University, Boston, MA",)
