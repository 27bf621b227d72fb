"""Profiles to match: their facts, the conditions of their users, their vectors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from jobmatch_dagster.core.buckets import ONLY_BUCKET, Bucket
from jobmatch_dagster.core.matching.conditions import UserConditions
from jobmatch_dagster.core.matching.judge import ProfileFacts, facts_of_profile
from jobmatch_dagster.core.matching.scoring import own_weights
from jobmatch_dagster.core.matching.title_text import profile_title_words
from jobmatch_dagster.db.connection.bulk import read_vectors_of
from jobmatch_dagster.db.connection.engine import run_query

_VECTORS = """
    SELECT profile_id, embedding FROM profile_embeddings
    WHERE model = %(model)s AND profile_id = ANY(%(ids)s) ORDER BY profile_id
"""


@dataclass(frozen=True, slots=True)
class ProfileToMatch:
    """The current profile of one CV of an active user, and what the user asks for.

    `user_version` is the highest version of the user's profiles.
    """

    user_id: int
    profile_id: int
    label: str
    version: int
    user_version: int
    preferences_version: int
    facts: ProfileFacts
    conditions: UserConditions
    own_weights: Mapping[str, float] = field(default_factory=dict)
    """By part; a part that is missing has the deployment's weight."""


def read_profiles(
    connection: Connection,
    model: str,
    user_keys: Sequence[str] | None = None,
    *,
    only_current: bool = False,
    bucket: Bucket = ONLY_BUCKET,
) -> tuple[list[ProfileToMatch], NDArray[np.float32]]:
    """Current profiles of active users of a bucket (all, or these) and their vectors, shape (m, d), in the same order.

    A user has one for each CV. `only_current` leaves out users whose list was not made from these profiles and
    preferences.

    Raises:
        VectorsMissingError: if a vector was deleted in the meantime.
    """
    keys = None if user_keys is None else list(user_keys)
    parameters = {"model": model, "user_keys": keys, "only_current": only_current, **bucket.parameters}
    profiles = [
        ProfileToMatch(
            user_id=row.user_id,
            profile_id=row.profile_id,
            label=row.label,
            version=row.version,
            user_version=row.user_version,
            preferences_version=row.preferences_version,
            facts=facts_of_profile(row, profile_title_words(row.embedding_text), row.explanation_language),
            conditions=UserConditions(
                locations=row.locations,
                max_km=row.max_km,
                min_salary=row.min_salary,
                salary_currency=row.salary_currency,
                needs_visa=row.needs_visa,
                languages=row.languages,
                excluded_companies=row.excluded_companies,
            ),
            own_weights=own_weights(row._asdict()),
        )
        for row in run_query(connection, "matching/profiles_to_match", parameters)
    ]
    ids = [profile.profile_id for profile in profiles]
    return profiles, read_vectors_of(connection, _VECTORS, {"model": model, "ids": ids}, ids)


def note_users_matched(
    connection: Connection, profiles: Sequence[ProfileToMatch], scoring_key: str, run_id: str
) -> None:
    """Note that these profiles were matched against every open posting."""
    users = list({profile.user_id: profile for profile in profiles}.values())
    run_query(
        connection,
        "matching/note_users_matched",
        {
            "user_ids": [user.user_id for user in users],
            "versions": [user.user_version for user in users],
            "preferences_versions": [user.preferences_version for user in users],
            "scoring_key": scoring_key,
            "run_id": run_id,
        },
    )
