"""The text that stands for a posting when it is embedded.

Put here the template alone. A change of it is a new version: old and new vectors never meet.
"""

from collections.abc import Sequence

from jobmatch_dagster.core.text import clean_line, strip_noise

POSTING_TEMPLATE_VERSION = 1


def posting_text(
    *,
    title: str,
    key_skills: Sequence[str] | None,
    keywords: Sequence[str] | None,
    core_responsibilities: str | None,
    requirements_summary: str | None,
    description: str | None,
) -> str:
    """Title, skills, responsibilities, requirements and keywords; without AI fields title and description.

    The most telling parts come first, because a model reads a limited number of word pieces (MiniLM: 256).
    """
    summary = [part for part in (core_responsibilities, requirements_summary) if part]
    if not (key_skills or summary):
        return clean_line(f"{title}. {strip_noise(description or '')}")
    parts = [title]
    if key_skills:
        parts.append("Skills: " + ", ".join(key_skills))
    parts += summary
    if keywords:
        known = {skill.casefold() for skill in key_skills or ()}
        parts.append("Keywords: " + ", ".join(word for word in keywords if word.casefold() not in known))
    return clean_line(". ".join(part.rstrip(". ") for part in parts))
