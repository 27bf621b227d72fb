"""The texts of a posting and a profile that are embedded.

Belongs here: the templates. A change of one, or of a word list that they use, is a new version: vectors of two versions
are never compared. A text has a head (the first line: what the work is called) and a body. Its vector is the mean of
both, so that a title counts as much as the lines below it. A German title carries its English meaning, because the
packaged model reads English alone.
"""

import functools
import hashlib
from collections.abc import Sequence

from jobmatch_dagster.core.columns import PostingText
from jobmatch_dagster.core.matching.posting_facts import english_skills, skills_in
from jobmatch_dagster.core.matching.title_text import named, posting_head, profile_head
from jobmatch_dagster.core.text import clean_line, strip_noise
from jobmatch_dagster.core.vocabulary.glossary import glossary_version
from jobmatch_dagster.core.vocabulary.occupations import occupations_version
from jobmatch_dagster.core.vocabulary.skill_table import skill_names_version

_TEMPLATE_VERSION = 2
# The part of a model's version before it does not depend on the word lists.
WORDS_MARK = "/words-"

_SKILLS = "Skills: "


@functools.cache
def text_version() -> str:
    """Version of the templates and of the word lists that they lean on: skills (ESCO's too), occupations, glossary."""
    lists = (skill_names_version(), occupations_version(), glossary_version())
    return f"text-v{_TEMPLATE_VERSION}{WORDS_MARK}{hashlib.sha256(repr(lists).encode()).hexdigest()[:8]}"


def posting_text(ad: PostingText) -> str:
    """What an ad says, as its `text_hash` sees it: title, skills, responsibilities, requirements and keywords.

    Without AI fields title and description.
    """
    return _text(ad, ad.title, ad.ai_key_skills)


def posting_text_to_embed(ad: PostingText) -> str:
    """Head and body of a posting, a line each. The body is `posting_text` with the skills by their English names.

    The most informative parts come first, because a model reads a limited number of word pieces (MiniLM: 256).
    """
    skills = ad.ai_key_skills or skills_in(ad.title, ad.description or "")
    text = _text(ad, named(ad.title), english_skills(skills))
    if skills and not (ad.ai_key_skills or ad.ai_core_responsibilities or ad.ai_requirements_summary):
        text = clean_line(f"{text}. {strip_noise(ad.description or '')}")
    return f"{posting_head(ad.title)}\n{text}"


def _text(ad: PostingText, title: str, skills: Sequence[str] | None) -> str:
    summary = [part for part in (ad.ai_core_responsibilities, ad.ai_requirements_summary) if part]
    if not (skills or summary):
        return clean_line(f"{title}. {strip_noise(ad.description or '')}")
    parts = [title]
    if skills:
        parts.append(_SKILLS + ", ".join(skills))
    parts += summary
    if ad.ai_keywords:
        known = {skill.casefold() for skill in skills or ()}
        parts.append("Keywords: " + ", ".join(word for word in ad.ai_keywords if word.casefold() not in known))
    return clean_line(". ".join(part.rstrip(". ") for part in parts))


def profile_text_to_embed(embedding_text: str) -> str:
    """Head and body of the text of `cv/profile_text.py`, a line each; one line alone when it names no title."""
    head = profile_head(embedding_text)
    return embedding_text if head is None else f"{head}\n{embedding_text}"
