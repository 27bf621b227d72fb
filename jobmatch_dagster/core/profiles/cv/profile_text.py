"""The text of a profile that is embedded: what the person does, not who the person is.

It leaves out name, address, contact data, birth and schools.
"""

import re
from collections.abc import Iterator, Sequence

from jobmatch_dagster.core.profiles.cv.names import names_in, words_of
from jobmatch_dagster.core.profiles.cv.sections import Section, lines_of
from jobmatch_dagster.core.profiles.cv.titles import is_role
from jobmatch_dagster.core.profiles.cv.word_lists import PERSONAL
from jobmatch_dagster.core.text import clean_line

# MiniLM reads 256 word pieces, which is about this many words.
MAX_WORDS = 200
_MAX_SUMMARY_WORDS = 50
_MAX_SKILLS = 30
_MIN_LINE_WORDS = 5
_MAX_LINE_WORDS = 40
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-ZÄÖÜ])|\n")
_LABEL = re.compile(
    r"^(?:description|company|responsibilit(?:y|ies)|roles?(?: and responsibilit(?:y|ies))?)\s*[-:–]\s*", re.IGNORECASE
)


def profile_text(
    *, titles: Sequence[str], skills: Sequence[str], industries: Sequence[str], sections: Sequence[Section]
) -> str:
    """Titles, skills, fields, summary and main lines of work, most specific first, at most 200 words.

    It is built like the text of a posting (`core/matching/embedding_text.py`), and empty if the CV has none of these.
    """
    names = names_in(sections)
    summary = _words(" ".join(_sentences(lines_of(sections, "summary"), names)), _MAX_SUMMARY_WORDS)
    parts = [
        ", ".join(
            title for title in titles if not any(word in names and not is_role(word) for word in words_of(title))
        ),
        _list_part("Skills", skills),
        _list_part("Fields", industries),
        summary,
        *_sentences(lines_of(sections, "experience", "projects"), names),
    ]
    return _words(clean_line(". ".join(part.strip(" .•") for part in parts if part.strip(" .•"))), MAX_WORDS)


def restate_list(text: str, label: str, before: Sequence[str] | None, after: Sequence[str] | None) -> str:
    """The text of a profile with another list under a label ("Skills", "Fields"); without one where `after` is empty.

    A list that the text lacks comes after the titles, skills before fields.
    """
    if list(before or ()) == list(after or ()):
        return text
    old, new = (clean_line(_list_part(label, items or ())).strip(" .•") for items in (before, after))
    start = text.find(old) if old else -1
    end = start + len(old)
    cut = text.find(f"{label}: ")
    if start < 0 <= cut and old.startswith(text[cut:]):
        # The list was longer than the text may be.
        start, end = cut, len(text)
    if start < 0:
        start = end = _after_titles(text)
    pieces = (text[:start].removesuffix(". "), new, text[end:].removeprefix(". "))
    return _words(". ".join(filter(None, pieces)), MAX_WORDS)


def _list_part(label: str, items: Sequence[str]) -> str:
    return f"{label}: {', '.join(items[:_MAX_SKILLS])}" if items else ""


def _after_titles(text: str) -> int:
    """Where a list that is missing belongs: before the fields, else after the skills, else after the titles."""
    if (fields := text.find("Fields: ")) >= 0:
        return fields
    skills = text.find("Skills: ")
    first = text[max(skills, 0) :].split(". ", 1)[0]
    if skills >= 0 or is_role(first):
        return min(max(skills, 0) + len(first) + 2, len(text))
    return 0


def _sentences(lines: Sequence[str], names: frozenset[str]) -> Iterator[str]:
    for line in lines:
        for piece in _SENTENCE_END.split(line):
            sentence = _LABEL.sub("", piece.strip(" •*-–\t"))
            words = words_of(sentence)
            if _MIN_LINE_WORDS <= len(sentence.split()) <= _MAX_LINE_WORDS and not (
                PERSONAL.search(sentence) or words & names
            ):
                yield sentence


def _words(text: str, limit: int) -> str:
    return " ".join(text.split()[:limit])
