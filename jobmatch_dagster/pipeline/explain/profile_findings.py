"""Findings about the vectors of both sides, and about the profile.

Belongs here: one function for each suspect, in the order of the pipeline.
"""

from collections.abc import Iterator

from jobmatch_dagster.core.explanation_page import Finding
from jobmatch_dagster.core.profiles.profile import EXTRACTOR_VERSION, Profile
from jobmatch_dagster.db.explain.rows import StoredPosting, StoredProfile
from jobmatch_dagster.pipeline.explain.pair_data import PairData

# A vector of the same text by the same model, computed on another machine, is this near or nearer.
_SAME_VECTOR_COSINE = 0.995
_UNIT_LENGTH_TOLERANCE = 1e-3
_YEARS_APART = 0.5
_COMPARED = ("skills", "industries", "work_arrangements")


def vector_findings(data: PairData, posting: StoredPosting) -> Iterator[Finding]:
    """Findings about the vectors of the posting and the profile."""
    vector, profile = data.vector, data.profile
    embed = "Materialize catalog/job_embeddings, then matching/semantic_matches."
    if vector is None:
        yield Finding("The posting has no vector of the present model.", embed)
    elif vector.text_hash != posting.ad.text_hash:
        yield Finding("The posting's vector is stale: it was made from another text than the present one.", embed)
    elif abs(vector.norm - 1) > _UNIT_LENGTH_TOLERANCE:
        yield Finding(f"The posting's vector has length {vector.norm:.3f} in place of 1.", f"Delete it. {embed}")
    drift = data.similarities.posting_drift
    if drift is not None and drift < _SAME_VECTOR_COSINE:
        yield Finding(
            f"The posting's vector is not that of its text: embedded now, the two have a cosine of {drift:.2f}.",
            f"Delete its row of job_embeddings. {embed}",
        )
    drift = data.similarities.profile_drift
    if drift is not None and drift < _SAME_VECTOR_COSINE:
        yield Finding(
            f"The profile's vector is not that of its text: embedded now, the two have a cosine of {drift:.2f}.",
            "Delete its row of profile_embeddings, then run rematch_user.",
        )
    if profile.profile_id is not None and profile.vector_text_hash is None:
        yield Finding("The profile has no vector of the present model.", "Run ingest_cv for the user.")


def profile_findings(data: PairData) -> Iterator[Finding]:
    """Findings about the profile and the CV it was read from."""
    profile, again = data.profile, data.reread_profile
    if profile.profile_id is None or profile.version is None:
        reason = f": {profile.newest_reason}" if profile.newest_reason else ""
        yield Finding(f"The user has no profile{reason}.", "Hand in a CV that can be read, then run ingest_cv.")
        return
    if not profile.active:
        yield Finding("The user is not active: hourly runs pass by.", "Set users.active, then run rematch_user.")
    if profile.newest_document_id != profile.document_id and profile.newest_status == "unreadable":
        yield Finding(
            f"The newest CV could not be read ({profile.newest_reason}); the profile is of an older one.",
            "Have the user hand in another file.",
        )
    if profile.matched_version is not None and profile.matched_version < profile.version:
        yield Finding(
            f"Matches are of profile version {profile.matched_version}, the newest is {profile.version}.",
            "Turn cv_profile_sensor on, or run rematch_user.",
        )
    if again is not None:
        yield from _profile_differs(profile, again)


def _profile_differs(profile: StoredProfile, again: Profile) -> Iterator[Finding]:
    cause = (
        f"It was read by extractor version {profile.extractor_version}, this is {EXTRACTOR_VERSION}: run ingest_cv."
        if profile.extractor_version != EXTRACTOR_VERSION
        else "The row was changed by hand, or the reading depends on the day: hand the CV in again."
    )
    stored, now = profile.experience_years, again.experience_years
    if (stored is None) != (now is None) or (stored is not None and abs(float(stored) - (now or 0)) > _YEARS_APART):
        yield Finding(
            f"The profile says {_years(stored)} of experience, its CV read again says {_years(now)} "
            f"({'; '.join(again.evidence.get('experience_years', [])) or 'no dates found'}).",
            cause,
        )
    for name in _COMPARED:
        kept, found = getattr(profile, name), getattr(again, name)
        if kept != found:
            yield Finding(f"The profile's {name.replace('_', ' ')} are not those of its CV read again.", cause)


def _years(value: object) -> str:
    return "nothing" if value is None else f"{float(str(value)):g} years"
