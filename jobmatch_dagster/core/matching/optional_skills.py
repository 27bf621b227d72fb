"""Which of a posting's skills the ad calls nice to have, in English and German.

A skill is nice to have when the ad names it only where it says so: in a sentence with such words, or in the lines
below a heading with them. What the ad requires anywhere is asked for.
"""

import re
from collections.abc import Iterator, Sequence

from jobmatch_dagster.core.vocabulary.skill_match import skill_ids
from jobmatch_dagster.core.vocabulary.skill_search import find_skills

_OPTIONAL = re.compile(
    r"\bnice[- ]to[- ]haves?\b|\bgood to have\b|\b(?:is|are|would be|as|a|considered a|big|strong|definite) (?:an? )?"
    r"(?:big |real |strong |definite |nice )?(?:plus|bonus|advantage|asset)\b|\bbonus(?: points)?(?: (?:for|if)\b|:)|"
    r"\bpreferred\b|\bdesirable\b|\bideally\b|\boptional(?:ly)?\b|\bpluses\b|"
    r"\bvon vorteil\b|\bwünschenswert\b|\bidealerweise\b|\bvorteilhaft\b|\bein plus\b|\bpluspunkte?\b|\bgerne? auch\b|"
    r"\bbestenfalls\b|\bkein muss\b|\bkeine voraussetzung\b|\bnicht zwingend\b|"
    r"\bnot (?:mandatory|required|essential|a must)\b",
    re.IGNORECASE,
)
_REQUIRED = re.compile(
    r"\bmust\b|\brequired\b|\bmandatory\b|\bessential\b|"
    r"\bzwingend\b|\berforderlich\b|\bvorausgesetzt\b|\bunabdingbar\b|\bmuss\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
_MAX_HEADING_WORDS = 8
# Boards glue lists into one line; of such a line nobody can say what its "ideally" is about.
_MAX_SENTENCE_WORDS = 30
_BULLET = re.compile(r"^\s*[-*•·–▪◦‣o]\s+")


def optional_skills(skills: Sequence[str] | None, description: str) -> list[str]:
    """Those of the skills that the description names only as nice to have, in their order.

    Args:
        skills: the posting's skills, in its spelling.
        description: the ad's text.
    """
    if not skills or not _OPTIONAL.search(description):
        return []
    parts: dict[bool, list[str]] = {True: [], False: []}
    for sentence, is_optional in _sentences(description):
        parts[is_optional].append(sentence)
    optional, asked = (set(skill_ids(find_skills("\n".join(parts[which])))) for which in (True, False))
    return [skill for skill in skills if optional.difference(asked).issuperset(skill_ids([skill]))]


def _sentences(text: str) -> Iterator[tuple[str, bool]]:
    """Sentences and lines, each with whether it speaks of what is nice to have."""
    below_heading = False
    for line in text.split("\n"):
        if not line.strip():
            continue
        if _is_heading(line):
            below_heading = _is_optional(line)
        for sentence in _SENTENCE.split(line):
            yield sentence, below_heading or _is_optional(sentence)


def _is_optional(sentence: str) -> bool:
    # "Not mandatory" and "kein Muss" are no requirements.
    rest = _OPTIONAL.sub(" ", sentence)
    return rest != sentence and len(sentence.split()) <= _MAX_SENTENCE_WORDS and not _REQUIRED.search(rest)


def _is_heading(line: str) -> bool:
    """A short line that is no item of a list and names no skill: it begins what follows."""
    plain = line.strip()
    is_short = not _BULLET.match(line) and len(plain.split()) <= _MAX_HEADING_WORDS and plain[-1] not in ".,;"
    return is_short and not find_skills(plain)
