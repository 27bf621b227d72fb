"""Twins: CVs that differ in nothing that a match may depend on have the same profile and the same text to embed.

Every deterministic part of a score is computed from these two, so the difference of the scores is 0.
"""

from dataclasses import asdict
from datetime import date
from typing import Any

import pytest

from jobmatch_dagster.core.matching.embedding_text import profile_text_to_embed
from jobmatch_dagster.core.profiles.profile import extract_profile

_ENGLISH = """{name}
{title}
{personal}
ada@example.invalid, +49 30 5550123

Summary
Nine years of experience, from design to operations.

Work experience
03/2021 - 10/2026 {title}, Kranich GmbH
Services in Python and Django on Kubernetes
01/2018 - 02/2021 {title}, Lindenhof AG
Reports in SQL, tests with Selenium

Skills
Python, Django, PostgreSQL, Docker, REST APIs

Languages
German, English

Education
Bachelor of Science, {school}, 2014 - 2017
"""
_GERMAN = """{name}
{title}
{personal}
ada@example.invalid, 030 5550123

Profil
Neun Jahre in der stationären Pflege.

Berufserfahrung
10/2021 - 10/2026 {title}, Lindenau Klinikum
Station für Innere Medizin, Anleitung von Auszubildenden
04/2015 - 12/2019 {title}, Haus Abendrot
Grund- und Behandlungspflege, Dokumentation

Kenntnisse
Wundversorgung, Grundpflege, Praxisanleitung

Sprachen
Deutsch, Polnisch

Ausbildung
09/2011 - 09/2014 Ausbildung, {school}
"""
_NAMES = [
    "Mohammed Al-Rashid", "Aisha Okonkwo", "Nguyễn Thị Lan", "Chantal Zwiebel", "Kevin Zwiebel", "张伟", "Иван Петров",
    "Dr. Heinrich von Quitten", "Mehmet Yılmaz", "Mr. Ben Example", "Ms. Ben Example", "Frau Ada Example",
    "Herr Ben Example", "Ben Example (he/him)", "Ada Example (she/her)",
]  # fmt: skip
_PERSONAL = {
    _ENGLISH: [
        "Date of birth: 14.02.1961", "Born 14 February 1999 in Ankara", "Age: 58", "Nationality: Turkish",
        "Marital status: married, three children", "Gender: female", "Sex: M", "Photo: ada.jpg",
        "Place of birth: Lagos, Nigeria", "Religion: Muslim", "Single mother of two", "Born 1961, German citizen",
    ],
    _GERMAN: [
        "Geboren am 14.02.1961", "geb. 14.02.1999 in Ankara", "Alter: 58 Jahre", "Staatsangehörigkeit: türkisch",
        "Familienstand: verheiratet, drei Kinder", "Geschlecht: weiblich", "Geburtsort: Warschau",
        "Konfession: evangelisch", "Alleinerziehend, zwei Kinder", "Aufenthaltsstatus: unbefristet",
    ],
}  # fmt: skip
_SCHOOLS = [
    "University of Oxford", "Technische Universität München", "University of Lagos", "Evening School of Seebruck",
    "Howard University", "Wellesley Women's College", "Charité Berlin", "Volkshochschule Ulm", "Universität Ankara",
]  # fmt: skip
_TITLES = {
    _ENGLISH: [
        ("Waiter", "Waitress"), ("Salesman", "Saleswoman"), ("Draughtsman", "Draughtswoman"), ("Actor", "Actress"),
        ("Chairman", "Chairwoman"), ("Foreman", "Forewoman"), ("Craftsman", "Craftswoman"), ("Steward", "Stewardess"),
    ],
    _GERMAN: [
        ("Krankenpfleger", "Krankenpflegerin"), ("Krankenpfleger", "Krankenschwester"), ("Erzieher", "Erzieherin"),
        ("Entbindungspfleger", "Hebamme"), ("Projektmanager", "Projektmanagerin"), ("Beamter", "Beamtin"),
        ("Pflegefachmann", "Pflegefachfrau"), ("Kaufmann", "Kauffrau"), ("Bürokaufmann", "Bürokauffrau"),
        ("Softwareentwickler", "Softwareentwicklerin"), ("Ingenieur", "Ingenieurin"), ("Arzt", "Ärztin"),
        ("Koch", "Köchin"), ("Lehrer", "Lehrerin"), ("Verkäufer", "Verkäuferin"), ("Buchhalter", "Buchhalterin"),
        ("Rechtsanwalt", "Rechtsanwältin"), ("Hotelfachmann", "Hotelfachfrau"), ("Altenpfleger", "Altenpflegerin"),
        ("Physiotherapeut", "Physiotherapeutin"), ("Geschäftsführer", "Geschäftsführerin"),
        ("Lagerist", "Lageristin"),
    ],
}  # fmt: skip
_CVS = {"English": _ENGLISH, "German": _GERMAN}


def _read(cv: str, **facts: str) -> dict[str, Any]:
    """What matching knows of a CV: the profile without its quotes, and the text that is embedded."""
    filled = {"name": "Ada Example", "title": "Manager", "personal": "", "school": "Seebruck School", **facts}
    profile = asdict(extract_profile(cv.format(**filled), today=date(2026, 11, 20)))
    del profile["evidence"]
    return {**profile, "embedded": profile_text_to_embed(profile["embedding_text"])}


_TWINS = [
    *((cv, "name", name) for cv in _CVS for name in _NAMES),
    *((cv, "school", school) for cv in _CVS for school in _SCHOOLS),
    *((name, "personal", value) for name, cv in _CVS.items() for value in _PERSONAL[cv]),
]


@pytest.mark.parametrize(("cv", "fact", "value"), _TWINS)
def test_who_somebody_is_changes_no_profile(cv: str, fact: str, value: str) -> None:
    one, other = _read(_CVS[cv]), _read(_CVS[cv], **{fact: value})
    assert one == other
    assert one["skills"]
    assert one["experience_years"] > 8


@pytest.mark.parametrize(("his", "hers"), [pair for cv in _CVS.values() for pair in _TITLES[cv]])
def test_the_gender_of_a_title_changes_only_the_title(his: str, hers: str) -> None:
    cv = _GERMAN if (his, hers) in _TITLES[_GERMAN] else _ENGLISH

    def read(title: str) -> dict[str, str]:
        return {field: str(value).replace(title, "TITLE") for field, value in _read(cv, title=title).items()}

    assert read(his) == read(hers)
