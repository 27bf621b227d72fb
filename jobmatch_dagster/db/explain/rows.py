"""Rows an explanation is built from: one posting, one profile, their match, and related rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from jobmatch_dagster.core.json_values import JsonObject, JsonValue
from jobmatch_dagster.core.matching.posting_facts import PostingFacts
from jobmatch_dagster.core.posting import Posting


@dataclass(frozen=True)
class StoredPosting:
    """A posting, the page that brought this version, its sightings, and its stored facts.

    Attributes:
        ad: the columns that come from the record.
        facts: as they were stored last; None when the posting was never matched.
        facts_record_hash: the version of the posting that they were derived from.
    """

    id: int
    ad: Posting
    run_id: str | None
    closed_at: datetime | None
    closed_reason: str | None
    page_id: int
    page_position: int
    page_offset: int
    endpoint: str
    generation: str
    fetched_at: datetime
    page_sha256: str
    page_run_id: str | None
    body: bytes
    normaliser_version: int | None
    first_seen_at: datetime | None
    last_seen_at: datetime | None
    sightings: int | None
    facts: PostingFacts | None
    facts_record_hash: str | None

    @property
    def has_current_facts(self) -> bool:
        """Whether the stored facts are of the present version of the posting."""
        return self.facts_record_hash == self.ad.record_hash


@dataclass(frozen=True)
class StoredProfile:
    """The current profile of one of a user's CVs, and that CV; None where there is none yet."""

    user_id: int
    active: bool
    profile_id: int | None
    label: str | None
    version: int | None
    language: str | None
    skills: list[str] | None
    experience_years: Decimal | None
    experience_level: str | None
    seniority: str | None
    education: list[str] | None
    languages: list[str] | None
    industries: list[str] | None
    work_arrangements: list[str] | None
    locations: list[str] | None
    evidence: Mapping[str, Sequence[str]] | None
    stated: list[str] | None
    embedding_text: str | None
    extractor_version: int | None
    created_at: datetime | None
    run_id: str | None
    document_id: int | None
    document_text: str | None
    newest_document_id: int | None
    newest_status: str | None
    newest_reason: str | None
    vector_text_hash: str | None
    vector_run_id: str | None
    matched_version: int | None
    matched_run_id: str | None


@dataclass(frozen=True)
class StoredMatch:
    """The row of `user_job_matches`, its place in the user's list, and the row of the ledger behind it."""

    exact_score: float | None
    stated_percent: int | None
    read_percent: int | None
    semantic_score: int | None
    match_score: int | None
    skills_score: int | None
    experience_score: int | None
    industry_score: int | None
    work_arrangement_score: int | None
    priority: str
    filters: Mapping[str, str] | None
    matching_skills: list[str] | None
    missing_skills: list[str] | None
    skill_hits: list[list[str]] | None
    match_reasoning: str | None
    status: str
    decided_at: datetime | None
    created_at: datetime
    updated_at: datetime
    profile_version: int
    scoring_key: str
    record_hash: str
    run_id: str | None
    claude_status: str | None
    claude_score: int | None
    claude_reason: str | None
    claude_request_hash: str | None
    claude_raw_score: int | None
    claude_band_low: int | None
    claude_band_high: int | None
    claude_deviation: int | None
    claude_items_dropped: int | None
    claude_is_generic: bool | None
    claude_model: str | None
    prompt_version: str | None
    posting_signs: list[str] | None
    key_alignments: JsonValue
    potential_gaps: JsonValue
    request_state: str | None
    attempts: int | None
    request_model: str | None
    request_prompt_version: str | None
    cv_label: str
    answer: JsonValue
    usage: JsonObject | None
    cost_usd: Decimal | None
    batch_id: str | None
    request_run_id: str | None
    place: int
    kept: int


@dataclass(frozen=True)
class MatchEvent:
    """Something that happened to the match, with what it was made with then."""

    at: datetime
    event: str
    detail: str | None
    score: int | None
    band: str | None
    profile_version: int | None
    scoring_key: str | None
    run_id: str | None


@dataclass(frozen=True)
class StoredVector:
    """What is known of a posting's vector."""

    text_hash: str
    embedded_at: datetime
    run_id: str | None
    dimension: int
    norm: float


@dataclass(frozen=True)
class OtherAd:
    """Another posting of the same cluster, or of the same company and title, and the user's score with it."""

    external_id: str
    title: str
    company: str
    location: str | None
    date_created: datetime
    closed_at: datetime | None
    same_cluster: bool
    same_text: bool
    match_score: int | None


@dataclass(frozen=True)
class QuarantinedRecord:
    """A record of the posting that could not be used, as it came."""

    page_id: int
    page_position: int
    field: str
    reason: str
    record: str
    quarantined_at: datetime


@dataclass(frozen=True)
class PageMention:
    """A response of the API that names the posting."""

    id: int
    endpoint: str


@dataclass(frozen=True)
class PastCalibration:
    """A calibration of the model, current or earlier."""

    id: int
    provenance: JsonObject
    created_at: datetime
