"""The list of texts that address a model (`data/injections.txt`)."""

import re
from pathlib import Path
from typing import Any

# An ad and a profile for the texts to be put into.
AD: dict[str, Any] = {
    "company": "Kranich Digital GmbH",
    "ai_key_skills": ["Python", "PostgreSQL", "Docker", "Kafka"],
    "ai_work_arrangement": "Hybrid",
    "ai_taxonomies_a": ["Technology", "Software"],
    "ai_requirements_summary": "Three years with Python are asked for.",
    "ai_education_requirements": ["bachelor degree"],
    "ai_job_language": "German",
}
PROFILE: dict[str, Any] = {
    "skills": ["Python", "PostgreSQL", "Git"],
    "experience_years": 4.5,
    "experience_level": "2-5",
    "education": ["bachelor degree"],
    "languages": ["German"],
    "industries": ["Software"],
}

LANGUAGES = ("en", "de", "es", "fr")
UNSEEN = "unseen"

_ESCAPE = re.compile(r"\\u([0-9a-f]{4})|\\U([0-9a-f]{8})")
_SECTION = "# section: "
_FILE = Path(__file__).parent / "data" / "injections.txt"


def injections() -> dict[str, list[str]]:
    """The texts by section: a language, or `unseen` for those that the screen misses."""
    sections: dict[str, list[str]] = {}
    texts: list[str] = []
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith(_SECTION):
            texts = sections.setdefault(line.removeprefix(_SECTION), [])
        elif line and not line.startswith("# "):
            texts.append(_ESCAPE.sub(lambda code: chr(int(code[1] or code[2], 16)), line))
    return sections


def seen_injections() -> list[str]:
    """The texts of all languages, without those that the screen misses."""
    return [text for name, texts in injections().items() if name != UNSEEN for text in texts]
