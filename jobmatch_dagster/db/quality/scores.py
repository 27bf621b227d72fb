"""Stored scores as the quality asset measures them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row

from jobmatch_dagster.db.connection.engine import run_query


def bands_of_scores(connection: Connection) -> Sequence[Row[Any]]:
    """Pairs of open postings by score and band, as (score, low, pairs)."""
    return run_query(connection, "quality/score_bands_all")


def scores_to_compare(connection: Connection, most: int) -> Sequence[Row[Any]]:
    """The three scores of at most so many pairs, those with an answer of Claude first."""
    return run_query(connection, "quality/scores_to_compare", {"most": most})


def claude_answers(connection: Connection, most: int) -> Sequence[Row[Any]]:
    """The newest answers of Claude with the score of their pair, at most so many."""
    return run_query(connection, "quality/claude_answers", {"most": most})


def user_answers(connection: Connection, most: int) -> Sequence[Row[Any]]:
    """The newest decisions of users with the score of their pair, at most so many; `liked` says saved or applied."""
    return run_query(connection, "quality/user_answers", {"most": most})


def decided_parts(connection: Connection, most: int) -> Sequence[Row[Any]]:
    """The parts of all decided pairs and of at most so many undecided ones; `liked` says saved or applied."""
    return run_query(connection, "quality/decided_parts", {"most": most})
