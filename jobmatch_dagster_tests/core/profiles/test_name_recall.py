"""The person's name in CVs of every layout: it is in no skill, in no embedded text and in no request.

The figure is the share of CVs in which no part of the name is left.
"""

import itertools
from collections.abc import Callable
from datetime import date

import pytest

from jobmatch_dagster.core.profiles.profile import extract_profile
from jobmatch_dagster.core.profiles.redact import redact

_TODAY = date(2026, 9, 15)
_LEAST_RECALL = 1.0
_NAMES = [
    "Ada Example", "Zdenka Quittenbaum", "Jörg-Ulrich Ätzel", "Mei Xanthopoulou", "Anouk van der Zwiebel",
    "Óscar Pérez Quijote", "Priya Venkatasubramanian", "Max Mustermann-Beispiel", "Ngozi Okonkwo-Adeyemi",
    "Søren Kirkegård", "Ilse Von Nebelhorn", "Tomasz Brzęczyszczykiewicz", "Aoife Ní Bhriain", "Farouk El Zitouni",
    "Björk Guðmundsdóttir",
]  # fmt: skip
_HEADLINES = ["Senior Engineer at Kranich AG", "Pflegefachkraft", "Helping teams ship | Coach | Speaker"]
_PLACES = ["Berlin, Germany", "Greater Munich Metropolitan Area", "Vienna, Vienna, Austria"]
_JOBS = (
    "Kranich AG\nSoftware Engineer\nJanuary 2019 - Present (7 years)\nBuilt web shops with Python and PostgreSQL for "
    "customers in retail\n"
)


def _plain(name: str, headline: str, place: str) -> str:
    return f"{name}\n{headline}\n{place}\nada@zwiebel.invalid\n\nWork experience\n{_JOBS}\nSkills\nPython, SQL\n"


def _titled(name: str, headline: str, place: str) -> str:
    return f"Lebenslauf\n\n{name}\n{place}\n\nBerufserfahrung\n{_JOBS}\nKenntnisse\nPython, SQL\n"


def _europass(name: str, headline: str, place: str) -> str:
    return (
        f"Curriculum Vitae\nPERSONAL INFORMATION {name}\n{place}\n\nWORK EXPERIENCE\n{_JOBS}\nPERSONAL SKILLS\nPython\n"
    )


def _footers(name: str, headline: str, place: str) -> str:
    return (
        f"{name}\n{headline}\n\nWork experience\n{_JOBS}{name} – 1/2\n\nSkills\nPython, SQL\n{name} – 2/2\n"
        f"Page 2 of 2\nLebenslauf {name}\nDocker\n"
    )


def _linkedin(contact: str, side: str, main: str, jobs: str) -> Callable[[str, str, str], str]:
    def export(name: str, headline: str, place: str) -> str:
        return (
            f"{contact}\nada@zwiebel.invalid\nwww.linkedin.com/in/zwiebel-123\n(LinkedIn)\n\n{side}\n{name}\n{headline}\n"
            f"{place}\n{main}\nI build web shops with Python for retail customers.\n{jobs}\n{_JOBS} Page 1 of 2\n"
        )

    return export


_LAYOUTS: dict[str, Callable[[str, str, str], str]] = {
    "plain": _plain,
    "titled": _titled,
    "europass": _europass,
    "footers": _footers,
    "linkedin with three skills": _linkedin("Contact", "Top Skills\nPython\nSQL\nWeb Design", "Summary", "Experience"),
    "linkedin with two skills": _linkedin("Contact", "Top Skills\nPython\nSQL", "Summary", "Experience"),
    "linkedin with languages": _linkedin(
        "Contact", "Top Skills\nPython\nSQL\nDocker\n\nLanguages\nGerman (Native)", "Summary",
        "Experience",
    ),
    "linkedin with certificates": _linkedin(
        "Contact", "Top Skills\nPython\nSQL\nDocker\n\nCertifications\nScrum Master\nAWS Architect", "Summary",
        "Experience",
    ),
    "linkedin in German": _linkedin(
        "Kontakt", "Top-Kenntnisse\nPython\nSQL\nDocker\n\nLanguages\nDeutsch\n", "Zusammenfassung", "Berufserfahrung"
    ),
    "linkedin without a summary": _linkedin("Contact", "Top Skills\nPython\nSQL\nDocker", "Experience", ""),
}  # fmt: skip


@pytest.mark.parametrize("layout", _LAYOUTS)
def test_no_part_of_the_name_is_left(layout: str, record_property: Callable[[str, object], None]) -> None:
    leaks = []
    people = list(itertools.product(_NAMES, _HEADLINES, _PLACES))
    for name, headline, place in people:
        text = _LAYOUTS[layout](name, headline, place)
        profile = extract_profile(text, today=_TODAY)
        sent = "\n".join([*(profile.skills or ()), profile.embedding_text, redact(text)]).casefold()
        left = [part for part in name.casefold().replace("-", " ").split() if len(part) > 3 and part in sent]
        leaks += [(name, left)] if left else []
    recall = 1 - len(leaks) / len(people)
    record_property("recall", recall)
    assert recall >= _LEAST_RECALL, f"{recall:.3f} of {len(people)} CVs keep the name back; leaks: {leaks[:5]}"


@pytest.mark.parametrize("layout", _LAYOUTS)
def test_the_work_is_still_read(layout: str) -> None:
    profile = extract_profile(_LAYOUTS[layout](_NAMES[1], _HEADLINES[0], _PLACES[0]), today=_TODAY)
    assert "Python" in (profile.skills or ())
    assert not {"Berlin", "Germany", "Page 1 of 2"} & set(profile.skills or ())
    assert profile.experience_years
