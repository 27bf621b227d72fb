"""The text that stands for a profile when it is embedded: what the person does, not who the person is.

Put here the template and what it leaves out: name, address, contact, birth, schools.
"""

import re
from collections.abc import Iterator, Sequence

from jobmatch_dagster.core.cv.sections import HEAD, Section, lines_of
from jobmatch_dagster.core.cv.titles import is_role
from jobmatch_dagster.core.cv.vocabulary import PERSONAL
from jobmatch_dagster.core.text import clean_line

# MiniLM reads 256 word pieces, about so many words.
MAX_WORDS = 200
_MAX_SUMMARY_WORDS = 50
_MAX_SKILLS = 30
_MIN_LINE_WORDS = 5
_MAX_LINE_WORDS = 40
_NAME_LINES = 2
_NAME = re.compile(
    r"(?:(?:mr|mrs|ms|dr|prof|herr|frau)\.?\s+)?[^\W\d_][\w.'’-]*(?:\s+[^\W\d_][\w.'’-]*){1,3}", re.IGNORECASE
)
_NAME_LABEL = re.compile(
    r"^\W*(?:name|full name|vorname|nachname|i,|herr|frau|mrs?\.|ms\.)\s*[:\-–]?\s*(?P<name>.{2,50})$", re.IGNORECASE
)
_NAME_WORD = re.compile(r"[^\W\d_]{3,}")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-ZÄÖÜ])|\n")
_LABEL = re.compile(
    r"^(?:description|company|responsibilit(?:y|ies)|roles?(?: and responsibilit(?:y|ies))?)\s*[-:–]\s*", re.IGNORECASE
)


def profile_text(
    *, titles: Sequence[str], skills: Sequence[str], industries: Sequence[str], sections: Sequence[Section]
) -> str:
    """Titles, summary, skills, fields and main lines of work, most telling first, at most 200 words.

    Built like the text of a posting (`embedding_text.py`). Empty when the CV says none of it.
    """
    names = names_in(sections)
    summary = _words(" ".join(_sentences(lines_of(sections, "summary"), names)), _MAX_SUMMARY_WORDS)
    parts = [
        ", ".join(titles),
        f"Skills: {', '.join(skills[:_MAX_SKILLS])}" if skills else "",
        f"Fields: {', '.join(industries)}" if industries else "",
        summary,
        *_sentences(lines_of(sections, "experience", "projects"), names),
    ]
    return _words(clean_line(". ".join(part.strip(" .•") for part in parts if part.strip(" .•"))), MAX_WORDS)


def _sentences(lines: Sequence[str], names: frozenset[str]) -> Iterator[str]:
    for line in lines:
        for piece in _SENTENCE_END.split(line):
            sentence = _LABEL.sub("", piece.strip(" •*-–\t"))
            words = {word.casefold() for word in _NAME_WORD.findall(sentence)}
            if _MIN_LINE_WORDS <= len(sentence.split()) <= _MAX_LINE_WORDS and not (
                PERSONAL.search(sentence) or words & names
            ):
                yield sentence


def names_in(sections: Sequence[Section]) -> frozenset[str]:
    """Words of the person's name: the first lines of the CV when they look like one, and what a label says."""
    lines = [
        line for line in lines_of(sections, HEAD)[:_NAME_LINES] if _NAME.fullmatch(line.strip()) and not is_role(line)
    ]
    lines += [match["name"] for section in sections for line in section.lines if (match := _NAME_LABEL.match(line))]
    return frozenset(word.casefold() for line in lines for word in _NAME_WORD.findall(line))


def _words(text: str, limit: int) -> str:
    return " ".join(text.split()[:limit])
