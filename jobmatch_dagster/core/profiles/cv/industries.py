"""Fields of work (the vendor's industries) that job titles and skills suggest."""

import functools
import re
from collections import Counter
from collections.abc import Sequence

from jobmatch_dagster.core.profiles.cv.word_lists import ProfileField, word_list

_MAX_INDUSTRIES = 4
# A title suggests a field by itself, skills only together.
_TITLE_POINTS = 3
_MIN_POINTS = 3
_MAX_SKILL_POINTS = 4


def read_industries(titles: Sequence[str], skills: Sequence[str]) -> ProfileField:
    """Industries that titles and skills suggest, the best supported first."""
    points: Counter[str] = Counter()
    evidence: dict[str, str] = {}
    known = {skill.casefold() for skill in skills}
    for industry, (title_pattern, skill_names) in _industries().items():
        title = next((title for title in titles if title_pattern.search(title)), None)
        shared = known & skill_names
        if title is not None:
            # A newer title counts more than an older one.
            points[industry] += _TITLE_POINTS + len(titles) - list(titles).index(title)
        points[industry] += min(len(shared), _MAX_SKILL_POINTS)
        evidence[industry] = title or ", ".join(sorted(shared))
    best = [industry for industry, count in points.most_common(_MAX_INDUSTRIES) if count >= _MIN_POINTS]
    return ProfileField(tuple(best), tuple(evidence[industry] for industry in best))


@functools.cache
def _industries() -> dict[str, tuple[re.Pattern[str], frozenset[str]]]:
    return {
        industry: (re.compile("|".join(map(_keyword, words["titles"])), re.IGNORECASE), frozenset(words["skills"]))
        for industry, words in word_list("industries").items()
    }


def _keyword(word: str) -> str:
    """Pattern of a keyword: a whole word if it is short or ends in a blank, else the beginning of a word.

    A long keyword may be anywhere in a word.
    """
    if word.endswith(" ") or len(word) <= 3:
        return rf"(?<!\w){re.escape(word.rstrip())}(?!\w)"
    return re.escape(word) if len(word) >= 6 else rf"(?<!\w){re.escape(word)}"
