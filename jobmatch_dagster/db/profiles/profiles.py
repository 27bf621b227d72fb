"""`cv_profiles`: versions of what was read from users' CVs."""

import json
from dataclasses import asdict

from sqlalchemy import Connection

from jobmatch_dagster.core.profiles.profile import EXTRACTOR_VERSION, Profile
from jobmatch_dagster.core.text import sha256_hex
from jobmatch_dagster.db.connection.engine import run_query


def insert_profile(connection: Connection, user_id: int, document_id: int, profile: Profile, run_id: str) -> int:
    """Add the next version of the user's profile; returns its number."""
    columns: dict[str, object] = {name: value or None for name, value in asdict(profile).items()}
    columns |= {
        "user_id": user_id,
        "document_id": document_id,
        "experience_years": profile.experience_years,
        "evidence": json.dumps(profile.evidence),
        "embedding_text": profile.embedding_text,
        "text_hash": sha256_hex(profile.embedding_text),
        "extractor_version": EXTRACTOR_VERSION,
        "run_id": run_id,
    }
    return int(run_query(connection, "profiles/insert_profile", columns)[0].version)
