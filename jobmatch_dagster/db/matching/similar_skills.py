"""`skill_neighbours`: for skills that the table lacks, the table's skills that are alike by their vectors.

A skill is compared once for a model and a version of the table. Only skills of postings are compared and stored: those
of a CV belong to its user. What counts as alike is defined in `core/vocabulary/similar_skills.py`.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
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
from jobmatch_dagster.core.vocabulary.skill_match import skill_ids
from jobmatch_dagster.db.connection.bulk import stage
from jobmatch_dagster.db.connection.engine import run_query

_COLUMNS = ("model", "version", "skill", "neighbours")


@dataclass(frozen=True)
class SkillEncoder:
    """The model that embeds names of skills: its version, and texts to unit vectors (n, d)."""

    model: str
    encode: Callable[[Sequence[str]], NDArray[np.float32]] = field(repr=False, compare=False)


@dataclass(frozen=True)
class KnownNeighbours:
    """For skills of postings the table's names that are alike, if any; `unstored` are skills compared just now."""

    by_skill: Mapping[str, Sequence[str]]
    unstored: tuple[str, ...] = ()


def read_similar_skills(
    connection: Connection, model: str, skills: Sequence[Sequence[str] | None], encoder: SkillEncoder | None = None
) -> KnownNeighbours:
    """What is alike to skills of postings (a list each); nothing is stored.

    Args:
        connection: an open transaction.
        model: the model whose vectors are compared.
        skills: of each posting.
        encoder: compares skills that are not stored, if it is of this model; None leaves them out.
    """
    stored, unseen = _stored(connection, model, skills)
    new = _compare(unseen, model, encoder)
    return KnownNeighbours(_with_neighbours(stored | new), tuple(new))


def ensure_similar_skills(
    connection: Connection, model: str, skills: Sequence[Sequence[str] | None], encoder: SkillEncoder
) -> KnownNeighbours:
    """As `read_similar_skills`; what was compared is stored.

    While another model than the encoder's is current, new skills wait for the switch, which scores every pair anew.
    """
    stored, unseen = _stored(connection, model, skills)
    new = _compare(unseen, model, encoder)
    if new:
        rows = ((model, similar_skills_version(), skill, names) for skill, names in new.items())
        stage(connection, "skill_neighbours", _COLUMNS, rows, name="staged_neighbours")
        run_query(connection, "matching/insert_skill_neighbours")
        connection.exec_driver_sql("DROP TABLE staged_neighbours")
    return KnownNeighbours(_with_neighbours(stored | new))


def _stored(
    connection: Connection, model: str, skills: Sequence[Sequence[str] | None]
) -> tuple[dict[str, list[str]], list[str]]:
    """Neighbours that are stored, and the skills that were never compared."""
    wanted = comparable(skill for of_posting in skills for skill in skill_ids(of_posting))
    parameters = {"model": model, "version": similar_skills_version(), "skills": wanted}
    rows = run_query(connection, "matching/skill_neighbours", parameters)
    found = {row.skill: list(row.neighbours) for row in rows}
    return found, [skill for skill in wanted if skill not in found]


def _compare(unseen: Sequence[str], model: str, encoder: SkillEncoder | None) -> dict[str, list[str]]:
    if not unseen or encoder is None or encoder.model != model:
        return {}
    return neighbours(unseen, encoder.encode(unseen), _table_vectors(encoder, names_compared()))


@functools.lru_cache(maxsize=2)
def _table_vectors(encoder: SkillEncoder, names: tuple[str, ...]) -> NDArray[np.float32]:
    """Vectors of the table's names: hundreds of texts, and the same for every call of a process."""
    return encoder.encode(names)


def _with_neighbours(found: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    return {skill: names for skill, names in found.items() if names}
