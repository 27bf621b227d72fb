"""How alike a profile and a posting are: the number that the calibration turns into the semantic score.

Three things add up: the cosine of the two texts, the share of the posting's skills that the CV answers, and the share
of its title's words that the CV's titles have. In both shares a rare word counts more than a common one. Belongs here:
what is added and how. What the numbers of a catalog are is fitted in `core/matching/calibration.py`.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from jobmatch_dagster.core.vocabulary.skill_table import canonical

# What a full share adds, in units of the cosine. Chosen on 13 real CVs with 217 judged ads and 133 real CVs with ads
# of their field: any value of 0.3 to 0.5 is within 0.01 of the best nDCG.
SHARE_WEIGHT = 0.4
# A share of few words says little: as if four of the rarest had been asked for that nobody has.
_PRIOR_WORDS = 4
# Rarities are whole hundredths: sums of whole numbers do not depend on the order, so a pair is alike in any block.
RAREST = 100
_PRIOR = _PRIOR_WORDS * RAREST
_ROWS_WIDENED = 1_024
_SIMILARITY_DIGITS = 6
_TINY = 1e-12


@dataclass(frozen=True)
class Lens:
    """What all texts of one kind share, which is taken off before two vectors are compared.

    An encoder puts all job ads close together, and those of one language closer still, whatever the work is. Without
    their mean and the direction in which they differ most (for a mixed catalog the language), what is left differs by
    the work (Mu and Viswanath 2018, "All-but-the-Top"). Both are those of the postings, of which a catalog has many;
    profiles are seen through the same lens. Vectors have d numbers.
    """

    mean: NDArray[np.float32] = field(repr=False)
    direction: NDArray[np.float32] = field(repr=False)

    def of_profiles(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        """Unit vectors of profiles without what they share, shape (m, d)."""
        direction = self.direction.astype(np.float64)
        rest = vectors.astype(np.float64) - self.mean
        # Not a matrix product: a row must not depend on the rows beside it.
        rest -= (rest * direction).sum(axis=1, keepdims=True) * direction
        found: NDArray[np.float64] = rest / np.maximum(np.sqrt((rest * rest).sum(axis=1, keepdims=True)), _TINY)
        return found


def similarities(
    profiles: NDArray[np.float32], postings: NDArray[np.float32], lens: Lens | None = None
) -> NDArray[np.float32]:
    """Cosines of unit vectors, seen through the lens, shape (profiles, postings), to six digits.

    Summed in double precision: a pair has the same cosine in whatever block it is scored, which float32 sums do not
    promise. Vectors are widened a cache-full at a time. The lens costs two more rows of the product: a profile
    without its direction p, a posting a with mean m and direction d give p·(a − m), and |a − m|² − ((a − m)·d)².
    """
    found = np.empty((len(profiles), len(postings)), np.float32)
    if not found.size:
        return found
    if lens is None:
        rows, offsets = profiles.astype(np.float64), None
    else:
        mean, direction = lens.mean.astype(np.float64), lens.direction.astype(np.float64)
        seen = lens.of_profiles(profiles)
        rows, offsets = np.vstack([seen, mean, direction]), (seen * mean).sum(axis=1, keepdims=True)
        mean_length, mean_along = float((mean * mean).sum()), float((mean * direction).sum())
    for start in range(0, len(postings), _ROWS_WIDENED):
        part = slice(start, start + _ROWS_WIDENED)
        products = rows @ postings[part].astype(np.float64).T
        if offsets is not None:
            lengths = 1 - 2 * products[-2] + mean_length - (products[-1] - mean_along) ** 2
            products = (products[:-2] - offsets) / np.sqrt(np.maximum(lengths, _TINY))
        found[:, part] = np.round(products, _SIMILARITY_DIGITS)
    return found


@dataclass(frozen=True)
class Frequencies:
    """How many postings of a catalog name each skill (by its id) and each title word; empty: all count alike."""

    postings: int = 0
    skills: Mapping[str, int] = field(default_factory=dict, repr=False)
    words: Mapping[str, int] = field(default_factory=dict, repr=False)

    def skill_rarities(self, skill_ids: Iterable[str]) -> list[int]:
        """Rarities of skills, 1..100."""
        return [self._rarity(self.skills.get(name, 0)) for name in skill_ids]

    def word_rarities(self, words: Iterable[str]) -> list[int]:
        """Rarities of title words, 1..100."""
        return [self._rarity(self.words.get(word, 0)) for word in words]

    def _rarity(self, count: int) -> int:
        """Inverse document frequency as a share of that of a word which no posting names."""
        if not self.postings:
            return RAREST
        most = math.log(self.postings + 1) + 1
        return max(1, round(RAREST * (math.log((self.postings + 1) / (count + 1)) + 1) / most))


ALL_ALIKE = Frequencies()
# Rarer words weigh as much as unknown ones, so that a catalog's frequencies stay small.
_LEAST_COUNT, _MOST_NAMES = 2, 20_000


def catalog_frequencies(
    postings: int, skills: Iterable[tuple[str, int]], words: Iterable[tuple[str, int]]
) -> Frequencies:
    """Frequencies of a catalog.

    Args:
        postings: how many were counted.
        skills: each skill as postings spell it, and how many name it.
        words: each title word, and how many titles have it.
    """
    by_id: Counter[str] = Counter()
    for skill, count in skills:
        if skill.strip():
            by_id[canonical(skill)] += count
    return Frequencies(postings, _most_frequent(by_id), _most_frequent(Counter(dict(words))))


def _most_frequent(counts: Counter[str]) -> dict[str, int]:
    return {name: count for name, count in counts.most_common(_MOST_NAMES) if count >= _LEAST_COUNT}


def shares(common: NDArray[np.int32], asked: NDArray[np.int32], full: int) -> NDArray[np.float32]:
    """Share of what postings ask for that CVs have, by rarity, 0 to 1.

    Args:
        common: rarities of what both have, times how far the CV has it; shape (profiles, postings).
        asked: sum of the rarities of what each posting asks for; shape (postings,).
        full: how far a CV has what it names itself.
    """
    return common.astype(np.float32) / (np.float32(full) * (asked + _PRIOR).astype(np.float32))


def likeness(
    similarity: NDArray[np.float32], skill_share: NDArray[np.float32], word_share: NDArray[np.float32]
) -> NDArray[np.float32]:
    """What the calibration is applied to: the cosine, more where rare skills and title words are shared."""
    found: NDArray[np.float32] = similarity + np.float32(SHARE_WEIGHT) * (skill_share + word_share)
    return found
