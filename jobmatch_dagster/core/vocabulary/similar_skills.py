"""Skills outside the table, compared with the table's skills by the vectors of their names.

Belongs here: which names are compared, and the cosine from which they count as similar. `db/matching/similar_skills.py`
computes and stores them.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from jobmatch_dagster.core.vocabulary.skill_table import is_in_table, skill_table_version, table_names

# Measured on 1,500 labels of ESCO and the skills of real ads and CVs: from this cosine on, nearly all pairs mean the
# same ("nursing science", Nursing). The first false pairs are below it ("create puppets", Puppet: 0.78; "training",
# Fitness Training: 0.77). Java and JavaScript have 0.41, C++ and C# 0.54, React and React Native 0.74.
MIN_COSINE = 0.80
# Vectors of shorter names ("r", "go", "c++") say little.
MIN_CHARACTERS = 5
_COSINE_DIGITS = 3


def similar_skills_version() -> str:
    """Version of the rules: the same names have the same neighbours under the same version and model."""
    return f"{MIN_COSINE}/{MIN_CHARACTERS}/{skill_table_version()}"


def comparable(skill_ids: Iterable[str]) -> list[str]:
    """The skills (canonical ids) that are compared by vectors: outside the table, and long enough. Sorted."""
    return sorted({name for name in skill_ids if len(name) >= MIN_CHARACTERS and not is_in_table(name)})


def names_compared() -> tuple[str, ...]:
    """The names of the table with which others are compared."""
    return tuple(name for name in table_names() if len(name) >= MIN_CHARACTERS)


def neighbours(
    skills: Sequence[str], vectors: NDArray[np.float32], table_vectors: NDArray[np.float32]
) -> dict[str, list[str]]:
    """The similar names of the table for each skill, the nearest first; an empty list if there are none.

    Args:
        skills: n names from `comparable`.
        vectors: vectors of the skills, shape (n, d), unit length.
        table_vectors: vectors of `names_compared`, shape (t, d), unit length.
    """
    names = names_compared()
    # Rounded, so that rounding errors decide nothing.
    cosines = np.round(vectors.astype(np.float64) @ table_vectors.astype(np.float64).T, _COSINE_DIGITS)
    found = {}
    for skill, row in zip(skills, cosines, strict=True):
        order = np.argsort(-row, kind="stable")
        found[skill] = [names[place] for place in order if row[place] >= MIN_COSINE]
    return found


def by_name(near: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The similar skills for each name of the table: `neighbours` inverted."""
    found: dict[str, list[str]] = {}
    for skill, names in near.items():
        for name in names:
            found.setdefault(name, []).append(skill)
    return found
