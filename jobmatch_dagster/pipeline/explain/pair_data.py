"""What is known of one user and one posting, from every table that had a part in their match.

Belongs here: what is read and what is computed again. `*_findings.py` find what is wrong with it, `*_sections.py` show
it. Everything is read in one READ ONLY transaction: a page shows, and never changes, what it explains.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from jobmatch_dagster.core.catalog.normalise import RecordError, normalise_record, parse_stored_page
from jobmatch_dagster.core.catalog.signs import Signs
from jobmatch_dagster.core.json_values import JsonValue
from jobmatch_dagster.core.matching.calibration import Calibration
from jobmatch_dagster.core.matching.embedding_text import posting_text_to_embed, profile_text_to_embed
from jobmatch_dagster.core.matching.judge import Judgement, PairFacts, ProfileFacts, ScoringRules, judge
from jobmatch_dagster.core.posting import Posting
from jobmatch_dagster.core.profiles.own_facts import OwnFacts
from jobmatch_dagster.core.profiles.profile import Profile, extract_profile
from jobmatch_dagster.core.raw.fields import is_personal
from jobmatch_dagster.core.raw.page_records import PageError
from jobmatch_dagster.core.raw.windows import HOUR, latest_collectable_hour
from jobmatch_dagster.db.catalog.signs import read_signs
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.explain.read import (
    near_postings,
    read_calibrations,
    read_history,
    read_match,
    read_mentions,
    read_other_ads,
    read_posting,
    read_posting_vector,
    read_profiles,
    read_quarantined,
    read_vector_pair,
)
from jobmatch_dagster.db.explain.rows import (
    MatchEvent,
    OtherAd,
    PageMention,
    PastCalibration,
    QuarantinedRecord,
    StoredMatch,
    StoredPosting,
    StoredProfile,
    StoredVector,
)
from jobmatch_dagster.db.matching.chosen_postings import choose_posting
from jobmatch_dagster.db.profiles.own_facts import read_own_facts
from jobmatch_dagster.db.profiles.preferences import read_preferences
from jobmatch_dagster.db.profiles.users import no_such_user
from jobmatch_dagster.db.raw.pages import missing_hours
from jobmatch_dagster.errors import NotFoundError
from jobmatch_dagster.pipeline.matching.pairs import read_derived, read_pairs
from jobmatch_dagster.pipeline.matching.settings import CurrentScoring, MatchSettings, read_scoring
from jobmatch_dagster.resources.embedder import EmbedderResource

# How far back pages are searched for a posting that is not stored, and hours for gaps.
SEARCHED_DAYS = 14
# Of a long history the newest events are shown.
EVENTS_SHOWN = 50


class NothingToExplainError(NotFoundError):
    """The user is not known; the message says what to look for."""


@dataclass(frozen=True)
class RereadRecord:
    """A record as it came (without the fields of people), and the posting that it gives now, or why it gives none."""

    record: JsonValue
    posting: Posting | None
    problem: str = ""


@dataclass(frozen=True)
class Similarities:
    """Cosines of the pair: of the stored vectors, and of each with its text embedded now (None: not asked for)."""

    stored: float | None
    posting_drift: float | None = None
    profile_drift: float | None = None


@dataclass(frozen=True)
class JudgedNow:
    """The pair, judged again for the page.

    Attributes:
        profile_id: the profile that was compared; of several CVs the one with the highest score.
        scores_of_cvs: exact score now by the label of each CV; None where the pair is no match by it.
        facts: what was compared.
        judgement: what came of it.
        has_unstored_facts: whether the posting's facts were derived for the page, because none are stored yet.
        unstored_skills: skills of the posting that were compared by their vectors for the page, and are not stored yet.
    """

    profile_id: int
    scores_of_cvs: Mapping[str, float | None]
    facts: PairFacts
    judgement: Judgement
    rules: ScoringRules = field(repr=False)
    calibration: Calibration = field(repr=False)
    has_unstored_facts: bool = False
    unstored_skills: tuple[str, ...] = ()

    def with_profile(self, profile: ProfileFacts) -> Judgement:
        """The judgement as it would be with this profile."""
        return judge(replace(self.facts, profile=profile), self.rules, self.calibration)


@dataclass(frozen=True, kw_only=True)
class PairData:
    """Everything about one pair. What does not exist is None or empty."""

    user_key: str
    external_id: str
    now: datetime
    scoring: CurrentScoring
    profile: StoredProfile
    reread_profile: Profile | None
    own_facts: OwnFacts
    cv_labels: Sequence[str]
    language: str
    quarantined: Sequence[QuarantinedRecord]
    missing_hours: Sequence[datetime]
    mentions: Sequence[PageMention]
    calibrations: Sequence[PastCalibration]
    near_ids: Sequence[str] = ()
    claude_waits: str = ""
    posting: StoredPosting | None = None
    reread: RereadRecord | None = None
    other_ads: Sequence[OtherAd] = ()
    signs: Signs | None = None
    vector: StoredVector | None = None
    similarities: Similarities = field(default_factory=lambda: Similarities(None))
    judged: JudgedNow | None = None
    stored: StoredMatch | None = None
    history: Sequence[MatchEvent] = ()


def read_pair_data(
    database: Database,
    settings: MatchSettings,
    user_key: str,
    external_id: str,
    *,
    now: datetime,
    embedder: EmbedderResource | None = None,
    claude_waits: str = "",
) -> PairData:
    """Read, and compute again, what there is about a pair. Nothing is written.

    Args:
        database: the project's database; a login that may only read is enough.
        settings: model and weights as they are now; of the model, the current one is used.
        user_key: the user.
        external_id: the vendor's id of the posting; it need not be stored.
        now: end of the hours that should have been collected.
        embedder: embeds both texts again, to see whether the stored vectors are theirs; None leaves it.
        claude_waits: why a pair waits for Claude in this deployment.

    Raises:
        NothingToExplainError: if the user is not known; it names near keys.
    """
    end = latest_collectable_hour(now) + HOUR
    with database.read() as connection:
        # Under row-level security a reader sees the rows of this user alone.
        connection.execute(text("SELECT set_config('jobmatch.user_key', :key, true)"), {"key": user_key})
        scoring = read_scoring(connection, settings)
        profiles = read_profiles(connection, user_key, scoring.settings.model)
        if not profiles:
            landed = "Has a CV of theirs landed in the inbox?"
            raise NothingToExplainError(no_such_user(connection, user_key, otherwise=landed))
        posting = read_posting(connection, external_id)
        judged = None if posting is None else _judge_again(connection, scoring, user_key, external_id)
        # Of several CVs the page is about the one that fits best.
        profile = next((each for each in profiles if judged and each.profile_id == judged.profile_id), profiles[0])
        data = PairData(
            user_key=user_key,
            external_id=external_id,
            now=now,
            scoring=scoring,
            judged=judged,
            profile=profile,
            cv_labels=[each.label for each in profiles if each.label],
            reread_profile=_read_profile_again(profile, now),
            language=read_preferences(connection, user_key).language_of_reasons,
            own_facts=read_own_facts(connection, profile.user_id),
            quarantined=read_quarantined(connection, external_id),
            missing_hours=missing_hours(connection, end - timedelta(days=SEARCHED_DAYS), end),
            mentions=[] if posting else read_mentions(connection, external_id, SEARCHED_DAYS),
            near_ids=[] if posting else near_postings(connection, external_id),
            claude_waits=claude_waits,
            calibrations=read_calibrations(connection, scoring.settings.model),
        )
        return data if posting is None else _with_posting(connection, data, posting, embedder)


def _with_posting(
    connection: Connection, data: PairData, posting: StoredPosting, embedder: EmbedderResource | None
) -> PairData:
    model = data.scoring.settings.model
    return replace(
        data,
        posting=posting,
        reread=_read_record_again(posting),
        other_ads=read_other_ads(connection, posting.id, data.user_key),
        signs=read_signs(connection, [posting.id], data.now).get(posting.id),
        vector=read_posting_vector(connection, posting.id, model),
        similarities=_similarities(connection, model, data.profile, posting, embedder),
        stored=read_match(connection, data.user_key, data.external_id),
        history=read_history(connection, data.profile.user_id, posting.id, EVENTS_SHOWN),
    )


def _judge_again(connection: Connection, scoring: CurrentScoring, user_key: str, external_id: str) -> JudgedNow | None:
    """The pair as the matching would judge it now; None without a current vector of both sides."""
    settings, calibration = scoring.settings, scoring.calibration.calibration
    chosen = choose_posting(connection, settings.model, external_id)
    if not chosen:
        return None
    loaded = read_pairs(connection, settings, chosen, read_derived(connection, settings, chosen), [user_key])
    if not loaded.profiles:
        return None
    rules = loaded.rules_of(0)
    pairs = [loaded.pair(number, 0, calibration.lens) for number in range(len(loaded.profiles))]
    judgements = [judge(pair, rules, calibration) for pair in pairs]
    scores = [None if found.unfit else found.exact for found in judgements]
    # Of equal scores the first profile's counts, as in `best_of_each_user`.
    best = max(range(len(pairs)), key=lambda number: (-1 if scores[number] is None else scores[number], -number))
    return JudgedNow(
        profile_id=loaded.profiles[best].profile_id,
        scores_of_cvs={profile.label: score for profile, score in zip(loaded.profiles, scores, strict=True)},
        facts=pairs[best],
        judgement=judgements[best],
        rules=rules,
        calibration=calibration,
        has_unstored_facts=bool(loaded.unstored_facts),
        unstored_skills=loaded.unstored_skills,
    )


def _read_record_again(posting: StoredPosting) -> RereadRecord:
    try:
        records = parse_stored_page(posting.body)
    except PageError as error:
        return RereadRecord(None, None, str(error))
    if posting.page_position >= len(records):
        problem = f"the page has {len(records)} records, none at position {posting.page_position}"
        return RereadRecord(None, None, problem)
    record = records[posting.page_position]
    shown = (
        {key: value for key, value in record.items() if not is_personal(key)} if isinstance(record, Mapping) else record
    )
    try:
        return RereadRecord(shown, normalise_record(record))
    except RecordError as error:
        return RereadRecord(shown, None, str(error))


def _read_profile_again(profile: StoredProfile, now: datetime) -> Profile | None:
    if profile.created_at is None or not profile.document_text:
        return None
    # What the CV calls "today" was the day of the reading; on recorded pages the clock is before it.
    return extract_profile(profile.document_text, today=min(profile.created_at, now).date())


def _similarities(
    connection: Connection,
    model: str,
    profile: StoredProfile,
    posting: StoredPosting,
    embedder: EmbedderResource | None,
) -> Similarities:
    ad, cv = read_vector_pair(connection, posting.id, profile.profile_id, model)
    stored = float(ad @ cv) if ad is not None and cv is not None and len(ad) == len(cv) else None
    # Of a model that is being built beside the current one nothing is compared.
    if embedder is None or embedder.model != model or ad is None or cv is None:
        return Similarities(stored)
    texts = [posting_text_to_embed(posting.ad), profile_text_to_embed(profile.embedding_text or "")]
    fresh = embedder.encode(texts).vectors
    return Similarities(stored, _cosine(ad, fresh[0]), _cosine(cv, fresh[1]))


def _cosine(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    if one.shape != other.shape:
        return 0.0
    return float(one @ other / ((np.linalg.norm(one) * np.linalg.norm(other)) or 1.0))
