"""Waiting pairs with the requests that are made of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from jobmatch_dagster.core.enrichment.analysis import SentPosting, analyse, posting_to_send, profile_to_send
from jobmatch_dagster.core.enrichment.prompt import PairRequest, build_request
from jobmatch_dagster.core.matching.judge import ScoringRules, facts_of_profile
from jobmatch_dagster.core.matching.posting_facts import PostingFacts, derive_facts
from jobmatch_dagster.core.vocabulary.similar_skills import by_name
from jobmatch_dagster.db.enrichment.pairs import ComparedPosting, WaitingPair, postings_of_pairs, profiles_of_pairs
from jobmatch_dagster.db.matching.similar_skills import read_similar_skills
from jobmatch_dagster.pipeline.enrichment.claude_run import ClaudeRun
from jobmatch_dagster.resources.matching import MatchingResource


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


def prepare_pairs(run: ClaudeRun, pairs: Sequence[WaitingPair]) -> list[PreparedPair]:
    """Build the requests of pairs. Pairs whose profile or posting no longer exists are left out.

    A pair is described by what it was scored with: the weights of the deployment or the user's own, and the similar
    skills of the embedding model.
    """
    with run.database.read() as connection:
        profiles, rows = profiles_of_pairs(connection, pairs), postings_of_pairs(connection, pairs)
        postings = {job_id: _prepare_posting(row) for job_id, row in rows.items()}
        rules = _read_rules(connection, run.matching, pairs, postings.values())
    sent_profiles = {key: profile_to_send(profile) for key, profile in profiles.items()}
    prepared = []
    for pair in pairs:
        key = (pair.user_id, pair.profile_version)
        asked, own = postings.get(pair.asked_job_id), postings.get(pair.job_id)
        if key not in profiles or asked is None or own is None:
            continue
        profile, scored_by = profiles[key], rules[pair.embedding_model]
        facts = facts_of_profile(profile)
        scored_by = replace(scored_by, weights=scored_by.weights.with_own(profile.own_weights))
        analysis = analyse(facts, asked.facts, scored_by, pair.filters)
        request = build_request(sent_profiles[key], asked.sent.sent, analysis.sent, profile.explanation_language)
        percent = analysis.percent if own is asked else analyse(facts, own.facts, scored_by).percent
        prepared.append(_prepare(pair, request, percent, asked, own, run.client.model))
    return prepared


@dataclass(frozen=True)
class _PreparedPosting:
    """A posting, what is compared of it, and what is sent of it."""

    text_hash: str
    facts: PostingFacts
    sent: SentPosting


def _prepare_posting(row: ComparedPosting) -> _PreparedPosting:
    facts = row.facts or derive_facts(row)
    return _PreparedPosting(row.text_hash, facts, posting_to_send(row, facts))


def _read_rules(
    connection: Connection,
    matching: MatchingResource,
    pairs: Sequence[WaitingPair],
    postings: Iterable[_PreparedPosting],
) -> dict[str, ScoringRules]:
    """What pairs are judged by, for each embedding model that scored some of them."""
    skills = [posting.facts.skills for posting in postings]
    rules = {}
    for model in {pair.embedding_model for pair in pairs}:
        near = read_similar_skills(connection, model, skills).by_skill if matching.similar_skills else {}
        rules[model] = ScoringRules(matching.weights(), by_name(near))
    return rules


def _prepare(
    pair: WaitingPair,
    request: PairRequest,
    percent: float | None,
    asked: _PreparedPosting,
    own: _PreparedPosting,
    model: str,
) -> PreparedPair:
    return PreparedPair(
        pair=pair,
        request=request,
        request_hashes=(request.request_hash(pair.user_id, model), request.again("").request_hash(pair.user_id, model)),
        percent=percent,
        signs=tuple(sorted({*asked.sent.signs, *own.sent.signs})),
        text_hash=asked.text_hash,
    )
