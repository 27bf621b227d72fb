"""From profiles to vectors."""

from collections.abc import Sequence

from jobmatch_dagster.core.matching.embedding_text import profile_text_to_embed
from jobmatch_dagster.db.catalog.embeddings import Vector, write_profile_vectors
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.profiles.cv_profiles import stale_profiles
from jobmatch_dagster.resources.embedder import EmbedderResource


def embed_profiles(
    database: Database, embedder: EmbedderResource, run_id: str, user_keys: Sequence[str] | None = None
) -> int:
    """Compute missing vectors of current profiles (of all active users, or these); returns the number written."""
    with database.begin() as connection:
        stale = stale_profiles(connection, embedder.model, user_keys)
    if not stale:
        return 0
    encoded = embedder.encode([profile_text_to_embed(profile.embedding_text) for profile in stale])
    vectors = (
        Vector(profile.id, profile.text_hash, vector) for profile, vector in zip(stale, encoded.vectors, strict=True)
    )
    with database.begin() as connection:
        return write_profile_vectors(connection, embedder.model, vectors, run_id)
