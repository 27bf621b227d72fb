"""Postings that advertise the same job, on several boards or for several towns.

Two postings are the same ad if company and title are the same and the texts nearly identical. Another title is another
job, whatever the text. Postings are grouped, never merged: each keeps its row, its town and its address.
"""

import functools
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from jobmatch_dagster.core.text import clean_line, sha256_hex, strip_noise

if TYPE_CHECKING:
    from datasketch import MinHash

# Share of word triples that two texts must have in common. A board may cut the footer or the head of a text. Texts that
# differ more are different ads with the same title.
MIN_LIKENESS = 0.8
# 128 permutations estimate a likeness of 0.8 with a standard error of 0.035 (Broder 1997).
_PERMUTATIONS = 128
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
    from datasketch import MinHashLSH

    signatures = {key: _signature(texts[key]) for key in sorted(texts, key=_age)}
    index = MinHashLSH(num_perm=_PERMUTATIONS, params=_bands())
    for key, signature in signatures.items():
        index.insert(key, signature)
    leader = {key: key for key in signatures}

    def find(key: str) -> str:
        while leader[key] != key:
            leader[key] = leader[leader[key]]
            key = leader[key]
        return key

    for key, signature in signatures.items():
        for other in sorted(index.query(signature), key=_age):
            if _age(other) < _age(key) and signature.jaccard(signatures[other]) >= MIN_LIKENESS:
                first, second = sorted((find(key), find(other)), key=_age)
                leader[second] = first
    groups: dict[str, list[str]] = {}
    for key in signatures:
        groups.setdefault(find(key), []).append(key)
    return [members for members in groups.values() if len(members) > 1]


@functools.cache
def _bands() -> tuple[int, int]:
    """Bands and rows of the index for `MIN_LIKENESS`, cached because they take longer to find than a small group."""
    from datasketch import MinHashLSH

    index = MinHashLSH(threshold=MIN_LIKENESS, num_perm=_PERMUTATIONS)
    return index.b, index.r


def _age(external_id: str) -> tuple[int, str]:
    """Sort key of the vendor's ids, which are numbers as text: older ones first."""
    return len(external_id), external_id


def _signature(text: str) -> "MinHash":
    from datasketch import MinHash

    signature = MinHash(num_perm=_PERMUTATIONS)
    signature.update_batch([shingle.encode() for shingle in _shingles(_words(strip_noise(text)).split())])
    return signature


def _shingles(words: Sequence[str]) -> set[str]:
    if len(words) < _SHINGLE_WORDS:
        return {" ".join(words)}
    return {" ".join(words[place : place + _SHINGLE_WORDS]) for place in range(len(words) - _SHINGLE_WORDS + 1)}


def _words(text: str) -> str:
    return " ".join(_NOT_A_WORD.sub(" ", text).split())
