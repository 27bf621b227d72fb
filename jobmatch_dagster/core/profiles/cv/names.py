"""The person's name in a CV, so that it can be left out: where it is found and what it looks like.

A name that is missed may be sent out. A word that is mistaken for a name removes the sentences with it. Therefore a
line counts as a name only if it looks like nothing else.
"""

import re
from collections.abc import Iterator, Sequence

from jobmatch_dagster.core.contacts import CONTACT, mailboxes
from jobmatch_dagster.core.profiles.cv.sections import HEAD, Section, lines_of
from jobmatch_dagster.core.profiles.cv.titles import is_role
from jobmatch_dagster.core.vocabulary.skill_search import find_skills

_NAME_LINES = 2
_MAX_NAME_WORDS = 4
# Words at the top of the page that are no name; a name may follow them: "Lebenslauf von …".
_DOCUMENT = re.compile(
    r"^\W*(?:(?:tabellarischer|mein|my)\s+)?(?:lebenslauf|curriculum\s+vitae|c\.?v\b\.?|r[ée]sum[ée]|bewerbung(?:sunterlagen)?|"
    r"application|bio-?data)(?!\w)\W*(?:(?:of|von|for|für)\b\W*)?",
    re.IGNORECASE,
)
_NO_NAME = re.compile(rf"[@\d]|{CONTACT.pattern}", re.IGNORECASE)
# What separates a name from a title, a place or a name at birth; not the hyphen inside a name.
_CUT = re.compile(r"\s*(?:[,|;:(\[–—•·/\t]|\s-+|(?<!-)-+\s|\s{3})\s*")
_WORD = re.compile(r"[^\W\d_][\w.'’-]*")
# Parts of names that do not identify a person.
_PARTICLES = frozenset({
    "al", "bin", "da", "de", "del", "della", "den", "dent", "der", "di", "dipl", "dipl.-ing", "dos", "dr", "el", "frau",
    "habil", "herr", "ibn", "ing", "jur", "la", "le", "mag", "med", "mr", "mrs", "ms", "nat", "oec", "phil", "pol",
    "prof", "rer", "ter", "van", "vet", "vom", "von", "zu", "zur",
})  # fmt: skip
_BORN = re.compile(r"(?:\b(?:geb\.|geborene?r?|n[ée]e)\s*)([^\W\d_][\w'’-]+)", re.IGNORECASE)
_LABEL = re.compile(
    r"^\W*(?:(?:full |first |last |family |given |candidate |applicant )?name|surname|vor- und (?:zu|nach)name|vorname|nachname|"
    r"familienname|geburtsname|i,|herr|frau|mrs?\.|ms\.)\s*[:\-–]?\s*(?P<name>.{2,50})$",
    re.IGNORECASE,
)
_NAME_WORD = re.compile(r"[^\W\d_]{3,}")


def words_of(text: str) -> frozenset[str]:
    """Words of a text that may be part of a name, in lower case."""
    return frozenset(word.casefold() for word in _NAME_WORD.findall(text))


def names_in(sections: Sequence[Section]) -> frozenset[str]:
    """Words of the person's name: at the top, after a label, and those of the top that the e-mail address repeats."""
    top = _top(sections)
    found = [*_names_at_top(top), *(born for line in top for born in _BORN.findall(line))]
    found += [match["name"] for section in sections for line in section.lines if (match := _LABEL.match(line))]
    personal = "\n".join(lines_of(sections, HEAD, "personal"))
    mail = words_of(" ".join(mailboxes(personal)).replace("_", " "))
    repeated = mail & words_of(" ".join(top[:_NAME_LINES]))
    return frozenset(word for text in found for word in words_of(text)) - _PARTICLES | repeated


def _top(sections: Sequence[Section]) -> list[str]:
    """Lines that may contain the name: of the head, else of leading personal data, without titles of documents."""
    for section in sections[:2]:
        if section.kind in {HEAD, "personal"}:
            lines = [_without_document(line) for line in section.lines]
            if filled := [line for line in lines if line and not _NO_NAME.search(line)]:
                return filled
    return []


def _without_document(line: str) -> str:
    while (rest := _DOCUMENT.sub("", line)) != line:
        line = rest
    return line.strip()


def _names_at_top(lines: Sequence[str]) -> Iterator[str]:
    """The part of the first line before a title or a place, and the second line if all of it is a name."""
    for number, line in enumerate(lines[:_NAME_LINES]):
        pieces = [piece for piece in _CUT.split(line) if piece]
        if not pieces:
            continue
        if _is_name(pieces[0]):
            if number == 0 or len(pieces) == 1:
                yield pieces[0]
        elif number == 0 and _is_surname_first(line, pieces):
            yield " ".join(pieces[:2])
    if len(lines) > 1 and all(_is_word_of_name(line) for line in lines[:2]):
        yield " ".join(lines[:2])


def _is_surname_first(line: str, pieces: Sequence[str]) -> bool:
    """Whether a line begins with a surname, a comma and first names: "Example, Ada"."""
    return (
        len(pieces) > 1
        and re.match(rf"{re.escape(pieces[0])}\s*,", line.strip()) is not None
        and len(_core(pieces[0])) == 1
        and _is_word_of_name(_core(pieces[0])[0])
        and 1 <= len(_core(pieces[1])) <= _MAX_NAME_WORDS - 1
        and all(_is_word_of_name(word) for word in _core(pieces[1]))
    )


def _is_word_of_name(word: str) -> bool:
    return _WORD.fullmatch(word) is not None and word[0].isupper() and not is_role(word) and not find_skills(word)


def _is_name(piece: str) -> bool:
    words, core = piece.split(), _core(piece)
    return (
        len(words) > 1
        and 0 < len(core) <= _MAX_NAME_WORDS
        and all(_WORD.fullmatch(word) for word in core)
        and not is_role(piece)
        and piece.casefold() not in {skill.casefold() for skill in find_skills(piece)}
    )


def _core(piece: str) -> list[str]:
    """Words of a name without titles and particles."""
    return [word for word in piece.split() if word.casefold().rstrip(".") not in _PARTICLES]
