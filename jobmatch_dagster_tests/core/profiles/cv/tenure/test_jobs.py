"""What the periods of a CV were spent on, in every layout: work, or something else."""

from datetime import date

import pytest

from jobmatch_dagster.core.profiles.cv.tenure.jobs import job_periods
from jobmatch_dagster.core.profiles.cv.tenure.periods import union_months

_TODAY = date(2026, 9, 15)

# Two entries of a section about experience: three years as a developer, then what is written for {}, of two years.
_LAYOUTS = {
    "date first": "03/2018 - 02/2021 Softwareentwicklerin, Kranich AG\n03/2016 - 02/2018 {}",
    "date last": "Softwareentwicklerin, Kranich AG, 03/2018 - 02/2021\n{}, 03/2016 - 02/2018",
    "brackets": "Softwareentwicklerin (03/2018 - 02/2021)\n{} (03/2016 - 02/2018)",
    "cells": "03/2018 - 02/2021 | Softwareentwicklerin | Kranich AG\n03/2016 - 02/2018 | {}",
    "date above": "03/2018 - 02/2021\nSoftwareentwicklerin\nKranich AG\n\n03/2016 - 02/2018\n{}",
    "date below": "Softwareentwicklerin\n03/2018 - 02/2021\nBuilt web shops for customers\n\n{}\n03/2016 - 02/2018",
    "date and place above": "03/2018 - 02/2021, Berlin\nSoftwareentwicklerin\n\n03/2016 - 02/2018, Berlin\n{}",
    "date and place below": "Softwareentwicklerin\n03/2018 - 02/2021, Berlin\n\n{}\n03/2016 - 02/2018, Berlin",
    "labelled": "Zeitraum: 03/2018 - 02/2021\nSoftwareentwicklerin\n\nZeitraum: 03/2016 - 02/2018\n{}",
    "one line": "03/2018 - 02/2021 Softwareentwicklerin, Kranich AG; 03/2016 - 02/2018 {}",
}

_NO_JOBS = (
    "Elternzeit", "In Elternzeit", "Elternzeit und Kindererziehung", "Mutterschutz und Elternzeit", "Familienphase",
    "Babypause", "Erziehungsurlaub", "Parental leave",
    "Maternity leave", "Career break", "Career break to care for family", "Congé parental", "Pflege von Angehörigen",
    "Pflege meiner Mutter", "Hausfrau", "Stay-at-home parent",
    "arbeitssuchend", "Arbeitsuchend", "Arbeitslos", "Jobsuche", "Auf Stellensuche", "Unemployed", "Job search",
    "Looking for a new job", "Berufliche Neuorientierung",
    "Sabbatical, Weltreise", "Sabbatical", "Auszeit", "Gap year", "Travelling the world", "Work and Travel",
    "Weltreise", "Krankheit", "Sick leave",
    "Grundwehrdienst", "Wehrdienst bei der Bundeswehr", "Zivildienst", "Freiwilliges Soziales Jahr",
    "FSJ im Krankenhaus", "Bundesfreiwilligendienst", "Compulsory military service",
    "Studium der Informatik, Universität Beispielstadt", "Masterstudium Maschinenbau", "Fernstudium BWL",
    "Universität Beispielstadt, Informatik", "Bachelor of Science, Example University",
    "B.Sc. Informatik, Hochschule Beispielstadt", "MBA, Example Business School",
    "Student of Computer Science, Example University", "Studentin der Medizin", "Master's degree in Physics",
    "Studied law at Example University", "Études de droit, Université d'Exemple", "Grundschule Beispielstadt",
    "Gymnasium Beispielstadt, Abitur", "Schülerin", "Abitur", "High School, Springfield",
    "Ausbildung zum Elektroniker", "Ausbildung zur Bankkauffrau, Beispielbank", "Berufsausbildung als Tischler",
    "Auszubildender zum Koch", "Azubi Mechatroniker", "Apprenticeship as electrician",
    "Apprentice electrician", "Lehre als Koch", "Umschulung zur Erzieherin", "Weiterbildung zum Techniker",
    "Technikerschule",
)  # fmt: skip
_JOBS = (
    "Softwareentwickler, Kranich AG", "Developer, Storch GmbH", "Head of Sales",
    "Krankenschwester, Klinikum Beispielstadt", "Storch GmbH, Berlin",
    "Elternzeitvertretung als Sachbearbeiterin", "Sachbearbeiterin (Vertretung während einer Elternzeit)",
    "Maternity leave cover, office manager", "Wissenschaftliche Mitarbeiterin, Universität Beispielstadt",
    "Universität Beispielstadt, Wissenschaftliche Mitarbeiterin", "Professor, Example University",
    "Lehrerin, Grundschule Beispielstadt", "Teacher, Springfield High School", "High School Teacher",
    "Dozent, Hochschule Beispielstadt", "Referentin für Studium und Lehre", "Leiter Ausbildung",
    "Trainer in der Ausbildung", "Studienberater", "Student Advisor, Example College",
    "Werkstudent, Kranich AG", "Working student", "Studentische Hilfskraft, Universität Beispielstadt",
    "Praktikum bei Kranich AG", "Internship, Storch GmbH", "Trainee im Vertrieb",
    "Doktorandin, Universität Beispielstadt",
    "PhD student, Example University", "Postdoc, Example University", "School nurse",
    "Hausmeister, Realschule Beispielstadt", "Scrum Master", "Diplom-Ingenieur, Kranich AG", "Ausbilderin",
    "Reiseberaterin",
    "Sekretariat, Gymnasium Beispielstadt", "Unterricht an der Volksschule", "Arbeitsvermittlerin, Jobcenter",
    "Berufssoldat, Bundeswehr", "Zeitsoldat", "Au-pair in Lyon",
)  # fmt: skip


@pytest.mark.parametrize("layout", _LAYOUTS)
def test_time_off_and_learning_is_no_experience(layout: str) -> None:
    months = {subject: _months(_LAYOUTS[layout].format(subject)) for subject in _NO_JOBS}
    assert months == dict.fromkeys(_NO_JOBS, 36)


@pytest.mark.parametrize("layout", _LAYOUTS)
def test_a_job_is_experience(layout: str) -> None:
    months = {subject: _months(_LAYOUTS[layout].format(subject)) for subject in _JOBS}
    assert months == dict.fromkeys(_JOBS, 60)


@pytest.mark.parametrize(
    "line",
    [
        "Contributed to the company strategy {}", "Mitarbeit an der Digitalstrategie {}",
        "Rollout of the programme {}", "Umsetzung des Förderprogramms {}", "Roadmap {}",
        "Prepared the annual reports {}", "Jahresabschlüsse {}", "Budget {}", "Drawings with AutoCAD {}",
        "Planung mit Revit {}", "Working knowledge of SQL Server {}", "Admin of Exchange {} servers",
        "Migration from Visual Studio {}", "Drawings with AutoCAD 2010 - 2014 and Revit {}", "Using Example Suite {}",
        "Unterlagen mit Beispielprogramm {}", "Vision and plan {}", "Model years {}",
    ],
)  # fmt: skip
def test_years_of_versions_and_plans_are_no_job(line: str) -> None:
    job = "Software Developer, Kranich AG\n03/2020 - 02/2021"
    ranges = ("2015 - 2019", "2015–2019", "2015-2030", "2015 bis 2020", "2015 to 2019")
    assert {_months(f"{job}\n{line.format(years)}\nBuilt web shops") for years in ranges} == {12}


@pytest.mark.parametrize(
    "line",
    [
        "Kranich AG {}", "Kaplan {}", "Impact Kranich {}", "Beratung von Unternehmen {}", "Developer {}",
        "developer {}", "Kranich AG, Berlin {}", "Consultant with Storch {}",
        "Worked with Storch {}", "SAP {}", "AutoCAD Designer {}", "Strategy Consultant {}",
        "Head of Strategy {}", "Programme Manager {}", "Trainee programme {}", "{} Kranich AG",
        "Head of Sales for Europe, Kranich AG {}",
    ],
)  # fmt: skip
def test_years_after_a_job_or_firm_are_a_job(line: str) -> None:
    assert _months(line.format("2015 - 2019")) == 48


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("Software Developer, Kranich AG\n2018\nBuilt web shops", 6),
        ("2018 Software Developer, Kranich AG", 6),
        ("Software Developer, Kranich AG (2018)", 6),
        ("Software Developer | Kranich AG | 03/2018", 1),
        ("Summer 2018: Software Developer, Kranich AG", 3),
        ("2018 Award for the best web shop", 0),
        ("Promoted to Sales Manager 2018", 0),
        ("Software Developer, Kranich AG\nMarch 15, 2018", 0),
        ("2018", 0),
    ],
)
def test_a_single_date_is_a_short_job_beside_a_role(text: str, months: int) -> None:
    assert _months(text) == months


@pytest.mark.parametrize(
    "line", ["Market leader in plastics since 1985", "Familiengeführt seit 1985", "Member of the choir since 2005"]
)
def test_the_time_since_others_began_is_no_job(line: str) -> None:
    assert _months(f"Software Developer, Kranich AG\n03/2020 - 02/2021\n{line}") == 12


def test_the_second_line_below_a_date_counts_too() -> None:
    firms = ("Kranich AG, Berlin\nSachbearbeiterin", "Storch GmbH\nAusbildung zur Industriekauffrau")
    assert _months(f"01.04.2018 – 31.03.2021\n{firms[0]}\n\n01.08.2015 – 31.03.2018\n{firms[1]}") == 36


def test_a_heading_in_the_line_says_what_the_time_was() -> None:
    text = (
        "Experience | Staff Engineer, Platform | Aug 2020 - Jul 2022\nBuilt things\nEducation | Example | 2013 - 2017"
    )
    assert _months(text) == 24


def _months(text: str) -> int:
    return union_months(span for span, _ in job_periods(text, today=_TODAY))
