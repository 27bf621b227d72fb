"""Skills that no rule of the table knows, held beside the table's by the vectors of their names.

Put here which names may be compared and from which cosine on they are alike. Where vectors come from and where what
was found is kept belongs to the stage.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from jobmatch_dagster.core.vocabulary.skills import is_in_table, skill_table_version, table_names

# Of 1,500 labels of ESCO and the skills of real ads and CVs, nearly all pairs from here on are of one thing ("nursing
# science", Nursing); below stand the first that are not ("create puppets", Puppet: 0.78; "training", Fitness Training:
# 0.77). Java and JavaScript have 0.41, C++ and C# 0.54, React and React Native 0.74.
MIN_COSINE = 0.80
# Shorter names ("r", "go", "c++") have vectors that say little.
MIN_CHARACTERS = 5
_COSINE_DIGITS = 3


def similar_skills_version() -> str:
    """With the same version the same names have the same neighbours under one model."""
    return f"{MIN_COSINE}/{MIN_CHARACTERS}/{skill_table_version()}"


def comparable(skill_ids: Iterable[str]) -> list[str]:
    """The skills (canonical ids) that vectors may speak for: not of the table, and long enough. Sorted."""
    return sorted({name for name in skill_ids if len(name) >= MIN_CHARACTERS and not is_in_table(name)})


def names_compared() -> tuple[str, ...]:
    """The names of the table that others are compared with."""
    return tuple(name for name in table_names() if len(name) >= MIN_CHARACTERS)


def neighbours(
    skills: Sequence[str], vectors: NDArray[np.float32], table_vectors: NDArray[np.float32]
) -> dict[str, list[str]]:
    """For each skill the table's names that are alike, the nearest first; empty lists where there are none.

    Args:
        skills: n names, as `comparable` gives them.
        vectors: theirs, shape (n, d), unit length.
        table_vectors: of `names_compared`, shape (t, d), unit length.
    """
    names = names_compared()
    # Rounded, so that the last digit of a sum decides nothing.
    cosines = np.round(vectors.astype(np.float64) @ table_vectors.astype(np.float64).T, _COSINE_DIGITS)
    found = {}
    for skill, row in zip(skills, cosines, strict=True):
        order = np.argsort(-row, kind="stable")
        found[skill] = [names[place] for place in order if row[place] >= MIN_COSINE]
    return found


def by_name(near: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """For each name of the table the skills that are alike: `neighbours` the other way round."""
    found: dict[str, list[str]] = {}
    for skill, names in near.items():
        for name in names:
            found.setdefault(name, []).append(skill)
    return found
