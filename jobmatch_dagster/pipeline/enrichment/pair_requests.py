"""Waiting pairs with the requests that are made of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jobmatch_dagster.core.enrichment.analysis import PostingFacts, analyse, posting_facts, profile_facts
from jobmatch_dagster.core.enrichment.prompt import PairRequest, build_request
from jobmatch_dagster.core.json_values import JsonObject
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.enrichment.pairs import (
    ComparedPosting,
    ComparedProfile,
    WaitingPair,
    postings_of_pairs,
    profiles_of_pairs,
)


@dataclass(frozen=True)
class PreparedPair:
    """A pair with its request. Postings of a cluster share the request; percent and signs are the pair's own.

    Attributes:
        pair: the pair as it waits.
        request: the first attempt.
        request_hashes: of the first and of the second attempt.
        percent: skill match in percent, from which the score starts; None if unknown.
        signs: signs of prompt injection in the pair's posting and in the one that is asked about.
        text_hash: version of the text that is asked about.
    """

    pair: WaitingPair
    request: PairRequest
    request_hashes: tuple[str, str]
    percent: float | None
    signs: tuple[str, ...]
    text_hash: str


def prepare_pairs(database: Database, pairs: Sequence[WaitingPair], model: str) -> list[PreparedPair]:
    """Build the requests of pairs. Pairs whose profile or posting no longer exists are left out."""
    with database.begin() as connection:
        profiles, postings = profiles_of_pairs(connection, pairs), postings_of_pairs(connection, pairs)
    sent_profiles = {key: profile_facts(vars(profile)) for key, profile in profiles.items()}
    sent_postings = {job_id: posting_facts(vars(posting)) for job_id, posting in postings.items()}
    prepared = []
    for pair in pairs:
        profile_key = (pair.user_id, pair.profile_version)
        profile = profiles.get(profile_key)
        asked, own = postings.get(pair.asked_job_id), postings.get(pair.job_id)
        if profile is not None and asked is not None and own is not None:
            prepared.append(_prepare(pair, profile, sent_profiles[profile_key], asked, own, sent_postings, model))
    return prepared


def _prepare(
    pair: WaitingPair,
    profile: ComparedProfile,
    sent_profile: JsonObject,
    asked: ComparedPosting,
    own: ComparedPosting,
    sent_postings: Mapping[int, PostingFacts],
    model: str,
) -> PreparedPair:
    analysis = analyse(vars(asked), vars(profile), pair.filters)
    request = build_request(sent_profile, sent_postings[asked.id].sent, analysis.sent)
    signs = {*sent_postings[asked.id].signs, *sent_postings[own.id].signs}
    return PreparedPair(
        pair=pair,
        request=request,
        request_hashes=(request.request_hash(pair.user_id, model), request.again("").request_hash(pair.user_id, model)),
        percent=analysis.percent if own is asked else analyse(vars(own), vars(profile)).percent,
        signs=tuple(sorted(signs)),
        text_hash=asked.text_hash,
    )
