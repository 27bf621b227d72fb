"""Postings that advertise the same job, on several boards or for several towns.

Two postings are the same ad if company and title are the same and the texts nearly identical. Another title is another
job, whatever the text. Postings are grouped, never merged: each keeps its row, its town and its address.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from jobmatch_dagster.core.text import clean_line, sha256_hex, strip_noise

# Share of word triples that two texts must have in common. A board may cut the footer or the head of a text. Texts that
# differ more are different ads with the same title.
MIN_LIKENESS = 0.8
_SHINGLE_WORDS = 3

_LEGAL_FORM = re.compile(
    r"\b(gmbh( & co\.? ?kg(aa)?)?|ggmbh|mbh|ag|se|kg|kgaa|ohg|ug|e\.? ?v\.?|inc|llc|ltd|limited|plc|corp|corporation|"
    r"co|company|b\.?v\.?|n\.?v\.?|s\.?a\.?|s\.?r\.?l\.?|oy|ab|group|gruppe|holding|software|technologies)\b\.?"
)
_GENDER = re.compile(
    r"[\[(]\s*(?:[mwfdxiagn]|gn|all genders?|divers)(?:\s*[/|*,]\s*(?:[mwfdxiagn]|div(?:ers)?))*\s*[\])]"
)
# The workplace in brackets, which boards add to the title of the same ad. A town in brackets stays.
_WORKPLACE = re.compile(r"[\[(][^\[\]()]*\b(?:remote|hybrid|on-?site|home ?office|worldwide)\b[^\[\]()]*[\])]")
_NOT_A_WORD = re.compile(r"[^\w+#]+")


def ad_key(company: str, title: str) -> str:
    """Hash of company and title without legal form, gender mark and punctuation: equal for postings of one ad."""
    name = _words(_LEGAL_FORM.sub(" ", clean_line(company).casefold())) or _words(clean_line(company).casefold())
    return sha256_hex(f"{name}\n{_words(_WORKPLACE.sub(' ', _GENDER.sub(' ', clean_line(title).casefold())))}")


def group_alike(texts: Mapping[str, str]) -> list[list[str]]:
    """Groups of two or more postings with nearly identical texts, each sorted by age, oldest first.

    A text that resembles any text of a group belongs to the group. The order of the texts does not matter.

    Args:
        texts: texts of postings with the same `ad_key`, by external id.

    Returns:
        External ids, the groups in the order of their oldest members.
    """
    if len(texts) == 1:
        return []
    shingles = {key: _shingles(_words(strip_noise(texts[key])).split()) for key in sorted(texts, key=_age)}
    first_of: dict[frozenset[str], str] = {}
    leader = {key: first_of.setdefault(found, key) for key, found in shingles.items()}

    def find(key: str) -> str:
        while leader[key] != key:
            leader[key] = leader[leader[key]]
            key = leader[key]
        return key

    for key, other in _candidates({key: found for found, key in first_of.items()}):
        first, second = sorted((find(key), find(other)), key=_age)
        if first != second and _are_alike(shingles[key], shingles[other]):
            leader[second] = first
    groups: dict[str, list[str]] = {}
    for key in shingles:
        groups.setdefault(find(key), []).append(key)
    return [members for members in groups.values() if len(members) > 1]


def _candidates(shingles: Mapping[str, frozenset[str]]) -> Iterator[tuple[str, str]]:
    """Pairs that may be alike, none that is alike left out.

    Two sets with a likeness of at least t share all but a share 1 - t of the larger one. So, with all shingles in one
    order, they share one of their first (1 - t) x size + 1. The order is by rarity, which makes the pairs few
    (prefix filter: Chaudhuri, Ganti, Kaushik 2006).
    """
    frequency = Counter(shingle for found in shingles.values() for shingle in found)
    having: dict[str, list[str]] = {}
    for key, found in shingles.items():
        rare = sorted(found, key=lambda shingle: (frequency[shingle], shingle))
        prefix = rare[: len(rare) - math.ceil(MIN_LIKENESS * len(rare)) + 1]
        yield from dict.fromkeys((key, other) for shingle in prefix for other in having.get(shingle, ()))
        for shingle in prefix:
            having.setdefault(shingle, []).append(key)


def _are_alike(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether the Jaccard likeness is at least `MIN_LIKENESS`."""
    shared = len(one & other)
    return shared >= MIN_LIKENESS * (len(one) + len(other) - shared)


def _age(external_id: str) -> tuple[int, str]:
    """Sort key of the vendor's ids, which are numbers as text: older ones first."""
    return len(external_id), external_id


def _shingles(words: Sequence[str]) -> frozenset[str]:
    if len(words) < _SHINGLE_WORDS:
        return frozenset({" ".join(words)})
    starts = range(len(words) - _SHINGLE_WORDS + 1)
    return frozenset(" ".join(words[start : start + _SHINGLE_WORDS]) for start in starts)


def _words(text: str) -> str:
    return " ".join(_NOT_A_WORD.sub(" ", text).split())
