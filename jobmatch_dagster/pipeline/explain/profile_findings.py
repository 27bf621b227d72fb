"""Findings about the vectors of both sides, and about the profile.

Belongs here: a function for each possible cause, in the order of the pipeline.
"""

from collections.abc import Iterator

from jobmatch_dagster.core.explanation_page import Finding
from jobmatch_dagster.core.operations.next_steps import launch_job
from jobmatch_dagster.core.profiles.own_facts import apply_own_facts
from jobmatch_dagster.core.profiles.profile import EXTRACTOR_VERSION, Profile
from jobmatch_dagster.db.explain.rows import StoredPosting, StoredProfile
from jobmatch_dagster.pipeline.explain.pair_data import PairData
from jobmatch_dagster.pipeline.explain.remedies import (
    activate,
    embed_postings,
    match_postings,
    match_user,
    repair_posting,
    repair_profile,
)

# A vector of the same text by the same model, computed on another machine, is this near or nearer.
_SAME_VECTOR_COSINE = 0.995
_UNIT_LENGTH_TOLERANCE = 1e-3
_YEARS_APART = 0.5
_FIELD_OF_PART = {"skills": "skills", "experience_years": "experience", "industries": "industry"}
_COMPARED = ("skills", "industries", "work_arrangements")


def vector_findings(data: PairData, posting: StoredPosting) -> Iterator[Finding]:
    """Findings about the vectors of the posting and the profile."""
    vector, profile = data.vector, data.profile
    embed = f"{embed_postings(data)} {match_postings(data)}"
    replace = f"Embed the posting again. {repair_posting(posting.ad.external_id)}"
    if vector is None:
        yield Finding("The posting has no vector of the current model.", embed)
    elif vector.text_hash != posting.ad.text_hash:
        yield Finding("The posting's vector is stale: it was made from another text.", embed)
    elif abs(vector.norm - 1) > _UNIT_LENGTH_TOLERANCE:
        yield Finding(f"The posting's vector has length {vector.norm:.3f} instead of 1.", replace)
    drift = data.similarities.posting_drift
    if drift is not None and drift < _SAME_VECTOR_COSINE:
        yield Finding(
            f"The posting's vector does not belong to its text: embedded again, the text has a cosine of "
            f"{drift:.2f} with it.",
            replace,
        )
    drift = data.similarities.profile_drift
    if drift is not None and drift < _SAME_VECTOR_COSINE:
        yield Finding(
            f"The profile's vector does not belong to its text: embedded again, the text has a cosine of "
            f"{drift:.2f} with it.",
            f"Read the CV again. {repair_profile(data)}",
        )
    if profile.profile_id is not None and profile.vector_text_hash is None:
        yield Finding("The profile has no vector of the current model.", match_user(data))


def profile_findings(data: PairData) -> Iterator[Finding]:
    """Findings about the profile and the CV it was read from."""
    profile, again = data.profile, data.reread_profile
    if profile.profile_id is None or profile.version is None:
        reason = f": {profile.newest_reason}" if profile.newest_reason else ""
        yield Finding(
            f"The user has no profile{reason}.",
            f"Run `jobmatch cv add {data.user_key} FILE` with a CV that can be read.",
        )
        return
    if not profile.active:
        yield Finding(
            "The user is not active, so hourly runs leave them out.",
            "If an erasure was interrupted, finish it: "
            f"{launch_job('forget_user', 'erase_one_user', user_key=data.user_key)} If the user shall be matched, read "
            f"the CV again and make the user active: {activate(data)}",
        )
    if profile.newest_document_id != profile.document_id and profile.newest_status == "unreadable":
        yield Finding(
            f"The newest CV could not be read ({profile.newest_reason}); the profile comes from an older one.",
            "Ask the user for another file.",
        )
    if profile.matched_version is not None and profile.matched_version < profile.version:
        yield Finding(
            f"The matches were made from profile version {profile.matched_version}; the newest is {profile.version}.",
            f"Turn on cv_profile_sensor under Automation. To match the user now: {match_user(data)}",
        )
    if again is not None:
        yield from _profile_differs(data, profile, apply_own_facts(again, data.own_facts).profile)
    yield from _unknown_fields(data, profile)


def _profile_differs(data: PairData, profile: StoredProfile, again: Profile) -> Iterator[Finding]:
    cause = (
        f"The profile was read by version {profile.extractor_version} of the extractor, the code has version "
        f"{EXTRACTOR_VERSION}."
        if profile.extractor_version != EXTRACTOR_VERSION
        else "The row was changed outside the pipeline, or the reading depends on the date."
    )
    cause = f"{cause} Read the CV again. {repair_profile(data)}"
    stored, now = profile.experience_years, again.experience_years
    if (stored is None) != (now is None) or (stored is not None and abs(float(stored) - (now or 0)) > _YEARS_APART):
        yield Finding(
            f"The profile has {_years(stored)} of experience, its CV read again gives {_years(now)} "
            f"({'; '.join(again.evidence.get('experience_years', [])) or 'no dates found'}).",
            cause,
        )
    for name in _COMPARED:
        if getattr(profile, name) != getattr(again, name):
            yield Finding(f"The profile's {name.replace('_', ' ')} differ from those of its CV read again.", cause)


def _unknown_fields(data: PairData, profile: StoredProfile) -> Iterator[Finding]:
    """Each part of the score that no posting can have, because the CV does not say."""
    for name, part in _FIELD_OF_PART.items():
        line = "skills_added" if name == "skills" else name
        if getattr(profile, name) in (None, []):
            yield Finding(
                f"The CV does not say the {name.replace('_', ' ')}: the part {part} is unknown for every "
                "posting, and its weight goes to the semantic part.",
                f"Hand in a CV that says it: `jobmatch cv add {data.user_key} FILE`. Or state it: `jobmatch profile "
                f"{data.user_key} FILE` with the line {line} in a profile.toml. With CLAUDE_FILL_PROFILES=1 Claude is "
                "asked about it.",
            )


def _years(value: object) -> str:
    return "no known years" if value is None else f"{float(str(value)):g} years"
