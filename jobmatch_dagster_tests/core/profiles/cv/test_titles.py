"""Seniority that a title names, and words for a level that are somebody else's."""

import pytest

from jobmatch_dagster.core.profiles.cv.titles import seniority_of


@pytest.mark.parametrize(
    "title",
    [
        "Lead Generation Specialist", "Lead Management Consultant", "Leads Researcher", "Lead Qualification Agent",
        "Lead Installer Helper", "Executive Assistant", "Assistant to the CEO",
        "Executive Assistant to the Managing Director",
        "Personal Assistant for the Director", "Secretary to the President", "Advisor to the CEO",
        "Assistenz der Geschäftsführung", "Teamassistenz der Leitung", "Referentin des Vorstands",
        "Sekretärin der Geschäftsführung", "Staff Accountant",
        "Staff Nurse", "Internal Auditor", "International Buyer", "Senior Living Caregiver", "Senior Care Nurse",
        "Internship Coordinator", "Student Advisor", "Student Services Officer", "Graduate Admissions Officer",
        "Apprenticeship Trainer",
        "Head Waiter", "Head Nurse", "Leiterplattenbestücker", "Developer",
    ],
)  # fmt: skip
def test_another_persons_level_is_not_read(title: str) -> None:
    assert seniority_of([title]) is None


@pytest.mark.parametrize(
    ("title", "level"),
    [
        ("Lead Developer", "lead"), ("Team Lead", "lead"), ("Teamleiterin Vertrieb", "lead"),
        ("Staff Engineer", "lead"), ("Head of Lead Generation", "director"), ("Head of Graduate Programs", "director"),
        ("Head of Sales", "director"),
        ("Senior Executive Assistant to the CEO", "senior"), ("Senior Nurse", "senior"),
        ("Senior Lead Generation Manager", "manager"), ("Assistant Manager", "manager"),
        ("Leiter Ausbildung", "manager"), ("Internship Program Manager", "manager"),
        ("Managing Director", "executive"), ("CEO", "executive"), ("Student Assistant", "intern"),
        ("Trainee Recruiter", "intern"), ("Intern", "intern"), ("Praktikantin", "intern"),
        ("Graduate Engineer", "junior"), ("Junior Developer", "junior"),
    ],
)  # fmt: skip
def test_the_persons_own_level_is_read(title: str, level: str) -> None:
    assert seniority_of([title]) == (level, title)
