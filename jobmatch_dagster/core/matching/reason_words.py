"""The words of a reason, in the languages that a user may ask for.

Belongs here: how each fact of a pair is said. `judge.py` chooses the facts.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

DEFAULT_LANGUAGE = "en"


class ReasonWords(Protocol):
    """How one language says the facts of a pair. `facts` are joined to one sentence by semicolons."""

    def skills(self, asked: int, matching: int, shown: Sequence[str]) -> str:
        """How many of the skills asked for the CV shows, and the names of the first: a sentence."""

    def close(self, cv_skill: str, job_skill: str) -> str:
        """A skill of the CV that is close to one asked for: a sentence."""

    def experience(self, profile_level: str, posting_level: str) -> str:
        """Years of the CV and of the posting."""

    def same_field(self, names: Sequence[str]) -> str:
        """Fields that both name."""

    def other_field(self, posting: str, profile: str) -> str:
        """Fields that differ."""

    def arrangement(self, name: str) -> str:
        """Where the work is done."""

    def texts_alike(self, semantic: int) -> str:
        """How alike the texts are, of 100."""


class _English:
    def skills(self, asked: int, matching: int, shown: Sequence[str]) -> str:
        more = f" and {matching - len(shown)} more" if matching > len(shown) else ""
        names = f": {', '.join(shown)}{more}" if shown else ""
        return f"Shows {matching} of {asked} skills asked for{names}."

    def close(self, cv_skill: str, job_skill: str) -> str:
        return f"{cv_skill} is close to {job_skill}."

    def experience(self, profile_level: str, posting_level: str) -> str:
        same = "the level asked for" if posting_level == profile_level else f"{posting_level} years asked for"
        return f"experience {profile_level} years, {same}"

    def same_field(self, names: Sequence[str]) -> str:
        return f"same field ({', '.join(names)})"

    def other_field(self, posting: str, profile: str) -> str:
        return f"field is {posting}, CV is of {profile}"

    def arrangement(self, name: str) -> str:
        return f"work is {name.lower()}"

    def texts_alike(self, semantic: int) -> str:
        return f"texts alike to {semantic} of 100"


class _German:
    def skills(self, asked: int, matching: int, shown: Sequence[str]) -> str:
        if asked == 1:
            return f"Sie bringen die geforderte Kenntnis mit: {shown[0]}." if matching else _NO_SINGLE_SKILL
        if not matching:
            return f"Von den {asked} geforderten Kenntnissen nennt Ihr Lebenslauf keine."
        rest = matching - len(shown)
        more = f" und {rest} weitere" if rest else ""
        return f"Sie bringen {matching} von {asked} geforderten Kenntnissen mit: {', '.join(shown)}{more}."

    def close(self, cv_skill: str, job_skill: str) -> str:
        return f"{cv_skill} ist verwandt mit {job_skill}."

    def experience(self, profile_level: str, posting_level: str) -> str:
        same = "wie gefordert" if posting_level == profile_level else f"gefordert sind {_years(posting_level)}"
        return f"Berufserfahrung: {_years(profile_level)}, {same}"

    def same_field(self, names: Sequence[str]) -> str:
        return f"gleiches Berufsfeld ({', '.join(_field(name) for name in names)})"

    def other_field(self, posting: str, profile: str) -> str:
        return f"Berufsfeld der Stelle: {_field(posting)}, des Lebenslaufs: {_field(profile)}"

    def arrangement(self, name: str) -> str:
        return _ARRANGEMENTS.get(name, f"Arbeitsort: {name}")

    def texts_alike(self, semantic: int) -> str:
        return f"Textähnlichkeit: {semantic} von 100"


def _years(level: str) -> str:
    """A level as German writes it: 2–5 Jahre, mehr als 10 Jahre."""
    return f"mehr als {level[:-1]} Jahre" if level.endswith("+") else f"{level.replace('-', '–')} Jahre"


def _field(name: str) -> str:
    return _FIELDS.get(name, name)


def german_names(fact: str) -> Sequence[str]:
    """German words for a field, a work arrangement or a degree of the closed lists; none for anything else."""
    return (_FIELDS[fact],) if fact in _FIELDS else _WORDS.get(fact, ())


_NO_SINGLE_SKILL = "Die geforderte Kenntnis nennt Ihr Lebenslauf nicht."
_ARRANGEMENTS = {
    "On-site": "Arbeit vor Ort",
    "Hybrid": "teils Homeoffice, teils vor Ort",
    "Remote OK": "Homeoffice möglich",
    "Remote Solely": "ausschließlich Homeoffice",
}
_WORDS = {
    "On-site": ("vor Ort",),
    "Hybrid": ("hybrid", "Homeoffice"),
    "Remote OK": ("Homeoffice", "remote"),
    "Remote Solely": ("Homeoffice", "remote"),
    "high school": ("Abitur", "Hochschulreife", "Ausbildung", "Berufsausbildung"),
    "bachelor degree": ("Bachelor",),
    "postgraduate degree": ("Master", "Diplom", "Promotion", "Staatsexamen"),
}
_FIELDS = {
    "Technology": "Technik", "Healthcare": "Gesundheitswesen", "Management & Leadership": "Management und Führung",
    "Finance & Accounting": "Finanzen und Rechnungswesen", "Human Resources": "Personalwesen", "Sales": "Vertrieb",
    "Marketing": "Marketing", "Customer Service & Support": "Kundenservice und Support", "Education": "Bildung",
    "Legal": "Recht", "Engineering": "Ingenieurwesen", "Science & Research": "Wissenschaft und Forschung",
    "Trades": "Handwerk", "Construction": "Bauwesen", "Manufacturing": "Fertigung", "Logistics": "Logistik",
    "Creative & Media": "Kreation und Medien", "Hospitality": "Gastgewerbe",
    "Environmental & Sustainability": "Umwelt und Nachhaltigkeit", "Retail": "Einzelhandel",
    "Data & Analytics": "Daten und Analyse", "Software": "Software", "Energy": "Energie",
    "Agriculture": "Landwirtschaft", "Social Services": "Soziale Dienste", "Administrative": "Verwaltung",
    "Government & Public Sector": "Öffentlicher Dienst", "Art & Design": "Kunst und Design",
    "Food & Beverage": "Lebensmittel und Getränke", "Transportation": "Transport und Verkehr",
    "Consulting": "Beratung", "Sports & Recreation": "Sport und Freizeit",
    "Security & Safety": "Sicherheit",
}  # fmt: skip

REASON_WORDS: Mapping[str, ReasonWords] = {"en": _English(), "de": _German()}
"""By code of the language."""
