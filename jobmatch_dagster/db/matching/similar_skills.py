"""`skill_neighbours`: for skills that the table lacks, the table's skills that are alike by their vectors.

A skill is looked at once for a model and a version of the table. Only skills of postings come here: what a CV says is
nobody else's. Put here what is kept; what counts as alike stands in `core/vocabulary/similar_skills.py`.
"""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from jobmatch_dagster.core.vocabulary.similar_skills import (
    comparable,
    names_compared,
    neighbours,
    similar_skills_version,
)
from jobmatch_dagster.core.vocabulary.skills import skill_ids
from jobmatch_dagster.db.connection.bulk import stage
from jobmatch_dagster.db.connection.engine import run_query

_COLUMNS = ("model", "version", "skill", "neighbours")


@dataclass(frozen=True)
class SimilarSkills:
    """The model that embeds names of skills: its version, and texts to unit vectors (n, d)."""

    model: str
    encode: Callable[[Sequence[str]], NDArray[np.float32]] = field(repr=False, compare=False)


def read_similar_skills(
    connection: Connection, model: str, skills: Sequence[Sequence[str] | None]
) -> dict[str, list[str]]:
    """For skills of postings (a list each) the table's names that are alike, as far as they are stored."""
    wanted = comparable(skill for of_posting in skills for skill in skill_ids(of_posting))
    found = _stored(connection, model, wanted)
    return {skill: names for skill, names in found.items() if names}


def similar_skills(
    connection: Connection, finder: SimilarSkills | None, model: str, skills: Sequence[Sequence[str] | None]
) -> dict[str, list[str]]:
    """For skills of postings (a list each) the table's names that are alike; only those that have some.

    Skills that were not looked at are embedded, unless another model than the finder's is in force: they wait for
    the switch, which scores every pair anew.
    """
    if finder is None:
        return {}
    wanted = comparable(skill for of_posting in skills for skill in skill_ids(of_posting))
    found = _stored(connection, model, wanted)
    unseen = [skill for skill in wanted if skill not in found]
    if unseen and finder.model == model:
        new = neighbours(unseen, finder.encode(unseen), _table_vectors(finder, names_compared()))
        staged = ((model, similar_skills_version(), skill, names) for skill, names in new.items())
        stage(connection, "skill_neighbours", _COLUMNS, staged, name="staged_neighbours")
        run_query(connection, "matching/insert_skill_neighbours")
        connection.exec_driver_sql("DROP TABLE staged_neighbours")
        found |= new
    return {skill: names for skill, names in found.items() if names}


@functools.lru_cache(maxsize=2)
def _table_vectors(finder: SimilarSkills, names: tuple[str, ...]) -> NDArray[np.float32]:
    """Vectors of the table's names: hundreds of texts, and the same for every call of a process."""
    return finder.encode(names)


def _stored(connection: Connection, model: str, wanted: Sequence[str]) -> dict[str, list[str]]:
    parameters = {"model": model, "version": similar_skills_version(), "skills": list(wanted)}
    rows = run_query(connection, "matching/skill_neighbours", parameters)
    return {row.skill: list(row.neighbours) for row in rows}
