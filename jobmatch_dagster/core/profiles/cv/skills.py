"""Skills of a CV: all items of its lists, known or not, and the skills of the table in its prose."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jobmatch_dagster.core.profiles.cv.sections import Section
from jobmatch_dagster.core.profiles.cv.spoken_languages import is_spoken_language
from jobmatch_dagster.core.profiles.cv.word_lists import PERSONAL, snippet
from jobmatch_dagster.core.vocabulary.skill_search import find_skills
from jobmatch_dagster.core.vocabulary.skill_table import canonical

_MAX_LISTED = 80
_MAX_SKILLS = 150
_MAX_ITEM_WORDS = 6
_MAX_ITEM_CHARACTERS = 50
# Sections whose words are not about what the person can do.
_NOT_ABOUT_SKILLS = frozenset({"education", "personal", "languages"})
# A line that begins with such a label lists skills, whatever its section.
_LABEL = re.compile(
    r"^[\s•*–-]*(?:(?:key |core |technical |other |used |web |main )?(?:technolog(?:y|ies)(?: used)?|tools?(?: used)?|tech(?:nology)? ?stack|skills?|"
    r"languages|programming languages|databases?(?: used)?|frameworks?|librar(?:y|ies)|environment|platforms?|operating systems?|"
    r"software|scripting|web technologies|keywords|technologien|werkzeuge|programmiersprachen|datenbanken|betriebssysteme|methoden|"
    r"kenntnisse|it-kenntnisse|edv-kenntnisse|technical environment|ide(?: & tools)?|methodologies))\s*:\s*(?P<items>\S.*)$",
    re.IGNORECASE,
)
_HEADED = re.compile(r"^(?P<label>[^:,;|]{2,40}?)\s*:\s*[-–]?\s*(?P<items>\S.*)$")
# A point at the end is not part of the skill; one at the front may be (".NET").
_EDGES = " \t•*:–-()[]/"
_ITEM_SEPARATOR = re.compile(r"[,;|•\t]|\s[-–]\s|(?<!\S)(?:and|und|&|sowie)\s(?=\S+$)")
# "Python- Exprience - 24 months", "Java (5 years)", "SQL: 4/5".
_AMOUNT = re.compile(
    r"(?<=\S)[-–:(\s]+\b(?:exprience|experience|erfahrung)\b\s*(?:[-–:(].*)?$|[-–:(\s]*\b(?:less than )?\d+\+?\s*(?:years?|yrs?|months?|jahren?|monaten?)\b.*$|"
    r"\s*\(?\b\d\s?/\s?\d+\b\)?$",
    re.IGNORECASE,
)
_PROFICIENCY = re.compile(
    r"\s*[-–(:]?\s*\b(?:basics?|beginner|intermediate|advanced|expert|proficient|good|very good|excellent|grundkenntnisse|"
    r"fortgeschritten|sehr gute?|gute?|experte|sicher|yes)\b(?:\s+(?:knowledge|kenntnisse|level|skills?))?\)?\s*$",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^(?:proficient (?:in|with)|(?:good |strong |basic |sound |excellent |working |hands[- ]on )*(?:knowledge|experience|expertise|"
    r"understanding|skills|command|exposure) (?:of|in|with|on|over|to)|familiar with|skilled in|well versed in|(?:grund|basis)?kenntnisse (?:in|mit)|"
    r"erfahrung (?:mit|in)|umgang mit|sehr gute|gute|fundierte|grundlegende|others?|etc)\b[\s:]*",
    re.IGNORECASE,
)
_SENTENCE = re.compile(
    r"\b(?:i|my|me|am|is|are|was|were|be|been|has|have|had|will|can|to|from|which|that|this|these|their|our|your|it's|by|as|"
    r"ich|mein|meine|bin|ist|sind|war|habe|hat|wird|werden|durch|für|bei|als|einer|eines)\b",
    re.IGNORECASE,
)
# "Messebau 90 %", "Python ●●●○", "SQL ████░": how well, not what.
_RATING = re.compile(r"\s*(?:\(?\d{1,3}\s?%\)?|[^\w\s.+#)%]{2,}|[★☆⭐✦●○■□█▓▒░]+)\s*$")
# What is left of a picture that was read as text: "?~ L8c n 7 ? ?".
_GARBAGE = re.compile(r"[?~].*[?~]|(?:(?<!\S)\S\s+){3,}")
# Bullets, ticks and emojis in front.
_ORNAMENT = re.compile(r"^[^\w.#+(]+")
# Words and levels of the language grid of a Europass CV.
_GRID = (
    r"understanding|speaking|writing|listening|reading|spoken (?:interaction|production)|interaction|production|"
    r"(?:mother tongue|other language|muttersprache|weitere sprache)(?:\(?s?n?\)?)?|verstehen|sprechen|schreiben|hören|lesen|"
    r"[abc][12](?:\s?/\s?[abc][12])?(?::.*)?|levels?:.*|proficient user|independent user|basic user|language(?:\(?s\)?)?"
)
_NO_ITEM = re.compile(
    rf"^(?:{_GRID})$|^(?:etc|others?|various|company|description|responsibilit(?:y|ies)|and|und|[\d\W]+)$|@",
    re.IGNORECASE,
)
# "a) Web shop": the letter numbers the line and is no programming language.
_ENUMERATOR = re.compile(r"^\W{0,3}\b[a-z]\)\s", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class FoundSkills:
    """Skills in the CV's spelling, those of its lists first, and the text where each was found."""

    skills: tuple[str, ...]
    evidence: tuple[str, ...]


def read_skills(sections: Sequence[Section]) -> FoundSkills:
    """All skills that the sections name, each once."""
    found: dict[str, tuple[str, str]] = {}
    listed = [(item, line) for line in _list_lines(sections) for item in _items(line)]
    for item, line in listed[:_MAX_LISTED]:
        found.setdefault(canonical(item), (item, line))
    prose = _ENUMERATOR.sub(
        " ", "\n".join(section.text for section in sections if section.kind not in _NOT_ABOUT_SKILLS)
    )
    for surface in find_skills(prose):
        if canonical(surface) not in found:
            at = prose.find(surface)
            found[canonical(surface)] = surface, snippet(prose, at, at + len(surface))
    kept = list(found.values())[:_MAX_SKILLS]
    return FoundSkills(tuple(skill for skill, _ in kept), tuple(line for _, line in kept))


def _list_lines(sections: Sequence[Section]) -> Iterator[str]:
    """Lines of skill sections, and lines of other sections that have the label of a list of skills."""
    for section in sections:
        for line in section.lines:
            if section.kind == "skills":
                yield from _unlabelled(line)
            elif section.kind not in _NOT_ABOUT_SKILLS and (labelled := _LABEL.match(line)):
                yield labelled["items"]


def _unlabelled(line: str) -> Iterator[str]:
    """The list after a label, or the label itself if a sentence explains it ("Adaptability: ...")."""
    labelled = _HEADED.match(line.strip(" •*–-"))
    if not labelled:
        yield line
    elif len(labelled["items"].split()) > _MAX_ITEM_WORDS and not _ITEM_SEPARATOR.search(labelled["items"]):
        yield labelled["label"]
    else:
        yield labelled["items"]


def _items(line: str) -> Iterator[str]:
    """Skills of one line of a list: the table's skills in an item, else the item itself if it can be a skill.

    If a third of the pieces is long, the line is prose, and its short pieces ("…, Berlin") are no items.
    """
    pieces = [_bare(piece) for piece in _ITEM_SEPARATOR.split(_AMOUNT.sub("", line))]
    is_list = 3 * sum(len(piece.split()) > _MAX_ITEM_WORDS for piece in pieces) < len(pieces)
    for item in pieces:
        if not item:
            continue
        if known := find_skills(item):
            yield from known
        elif is_list and _can_be_skill(item) and not is_spoken_language(item):
            yield item


def _bare(piece: str) -> str:
    """An item without years, proficiency and "good knowledge of"."""
    item = _PROFICIENCY.sub("", _AMOUNT.sub("", _RATING.sub("", piece))).lstrip(_EDGES).rstrip(_EDGES + ".")
    return _ORNAMENT.sub("", _LEAD.sub("", item)).lstrip(_EDGES).rstrip(_EDGES + ".")


def _can_be_skill(item: str) -> bool:
    return (
        2 <= len(item) <= _MAX_ITEM_CHARACTERS
        and len(item.split()) <= _MAX_ITEM_WORDS
        and not _SENTENCE.search(item)
        and not _NO_ITEM.search(item)
        and not PERSONAL.search(item)
        and ". " not in item
        and not _GARBAGE.search(item)
    )
