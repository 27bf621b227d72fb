"""The cost of 1,000 pairs: a naive prompt for each pair against the project's requests, direct and in a batch.

Those are about one posting, or about several of one person (`postings_per_request`). No API is called. The project's
requests are the real ones, with the packaged prices and the token counts of `claude_tokens.py`. The naive prompt is
that of the legacy project: instructions, the whole CV, the whole posting and the analysis in one uncached prompt, with
the model's default thinking. The comparison leaves out duplicates of a posting, for which the project needs one
request.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib import resources
from typing import Any

from rich.console import Console
from rich.table import Table

from jobmatch_dagster.bench.claude_tokens import PromptCache
from jobmatch_dagster.core.catalog.normalise import normalise_record
from jobmatch_dagster.core.enrichment.analysis import analyse, posting_to_send, profile_to_send
from jobmatch_dagster.core.enrichment.costs import flat_usage, prices_of
from jobmatch_dagster.core.enrichment.groups import build_group_request, posting_id
from jobmatch_dagster.core.enrichment.prompt import ANSWER_SCHEMA, PairRequest, build_request, guidelines
from jobmatch_dagster.core.matching.judge import ScoringRules, facts_of_profile
from jobmatch_dagster.core.matching.posting_facts import derive_facts
from jobmatch_dagster.core.profiles.profile import extract_profile
from jobmatch_dagster.demo.corpus import postings_of_hour
from jobmatch_dagster.resources.claude import ClaudeResource
from jobmatch_dagster.resources.claude_client import MAX_TOKENS

USERS, PAIRS_PER_USER = 40, 25
GROUP = 5
# Mean lengths of 1,277 real postings, 166 real CVs and the AI fields in 20 real records of the API. The generated texts
# are shorter and are filled up to these lengths.
_AD_CHARACTERS, _CV_CHARACTERS, _SUMMARY_CHARACTERS = 3_100, 3_300, 220
_FILLER = (
    "In this role you work closely with colleagues from other departments and report to the head of the team. "
    "Wir bieten Ihnen einen sicheren Arbeitsplatz, flexible Arbeitszeiten und Raum für eigene Ideen. "
)


@dataclass(frozen=True)
class BenchPair:
    """A pair: the project's request, and the texts of the naive prompt."""

    request: PairRequest
    cv: str
    ad: str


def print_costs(console: Console) -> None:
    """Print the cost of 1,000 pairs for each kind of request."""
    model = ClaudeResource().model
    pairs = list(_pairs())
    naive, unthinking = _naive(pairs, model, thinking=True), _naive(pairs, model, thinking=False)
    rows = {
        "naive prompt": naive,
        "naive prompt, without thinking": unthinking,
        "ours, direct": _ours(pairs, model, batch=False, hits=True),
        "ours, batch without a cache hit": _ours(pairs, model, batch=True, hits=False),
        "ours, batch with every cache hit": _ours(pairs, model, batch=True, hits=True),
        f"groups of {GROUP}, direct": _ours(pairs, model, batch=False, hits=True, group=GROUP),
        f"groups of {GROUP}, batch without a cache hit": _ours(pairs, model, batch=True, hits=False, group=GROUP),
        f"groups of {GROUP}, batch with every cache hit": _ours(pairs, model, batch=True, hits=True, group=GROUP),
    }
    table = Table(
        "Request", "Input", "Cached, read", "Cached, written", "Output", "USD / 1,000", "of naive", "of no thinking"
    )
    for request, spent in rows.items():
        tokens = [
            f"{spent.usage[f'{name}_tokens'] // len(pairs):,}"
            for name in ("input", "cache_read_input", "cache_creation_input", "output")
        ]
        shares = [f"{spent.usd / base.usd:.2f}" for base in (naive, unthinking)]
        table.add_row(request, *tokens, f"{1000 * spent.usd / len(pairs):.3f}", *shares)
    console.print(
        f"Claude: {len(pairs):,} pairs of {USERS} users with {model}. Tokens are estimates for one pair.",
        highlight=False,
    )
    console.print(table)


@dataclass
class _Spent:
    usage: Counter[str]
    usd: Decimal


def _ours(pairs: list[BenchPair], model: str, *, batch: bool, hits: bool, group: int = 1) -> _Spent:
    client = ClaudeResource(api_key="unused").client()
    cache = PromptCache()
    spent = _Spent(Counter(), Decimal(0))
    # Every user has the same number of pairs, which groups divide: no group is of two users.
    for start in range(0, len(pairs), group):
        request, answer = _call(pairs[start : start + group])
        params = client.arguments(request, batch=batch)
        usage = flat_usage((cache if hits else PromptCache()).usage(params, answer))
        spent.usage.update(usage)
        spent.usd += prices_of(model).cost_usd(usage, batch=batch)
    client.close()
    return spent


def _call(pairs: list[BenchPair]) -> tuple[PairRequest, str]:
    """A request about these pairs of one user, and its answer."""
    if len(pairs) == 1:
        return pairs[0].request, _short_answer(pairs[0])
    # Generated postings may be equal, which those of a user are not: the place makes the ids differ.
    keyed = [(posting_id(pair.request.request_hash(place, "")), pair) for place, pair in enumerate(pairs)]
    answers = [
        {"id": key, "title": " ".join(_posting(pair).get("title", "").split()[:5]), **json.loads(_short_answer(pair))}
        for key, pair in keyed
    ]
    return build_group_request([(key, pair.request) for key, pair in keyed]), json.dumps({"answers": answers})


def _naive(pairs: list[BenchPair], model: str, *, thinking: bool) -> _Spent:
    spent = _Spent(Counter({"cache_read_input_tokens": 0, "cache_creation_input_tokens": 0}), Decimal(0))
    for pair in pairs:
        analysis = json.loads(pair.request.pair)["match_analysis"]
        content = (
            f"# CV\n\n{pair.cv}\n\n# Job\n\n{pair.ad}\n\n# PRE-CALCULATED MATCH ANALYSIS\n\n{json.dumps(analysis)}"
        )
        params: dict[str, Any] = {
            "model": model,
            "max_tokens": MAX_TOKENS,
            "system": guidelines(),
            "messages": [{"role": "user", "content": content}],
            "output_config": {"format": {"type": "json_schema", "schema": ANSWER_SCHEMA}},
            **({} if thinking else {"thinking": {"type": "disabled"}}),
        }
        usage = flat_usage(PromptCache().usage(params, _long_answer(pair)))
        spent.usage.update(usage)
        spent.usd += prices_of(model).cost_usd(usage)
    return spent


def _pairs() -> Iterator[BenchPair]:
    """Pairs of each user with their own postings, in the order of the requests."""
    records = postings_of_hour(datetime(2026, 11, 1, tzinfo=UTC), count=USERS * PAIRS_PER_USER)
    postings = [normalise_record(record) for record in records]
    folder = resources.files("jobmatch_dagster.demo") / "cv_texts"
    cvs = [entry.read_text(encoding="utf-8") for entry in sorted(folder.iterdir(), key=lambda item: item.name)]
    for user in range(USERS):
        cv = cvs[user % len(cvs)]
        # Profiles differ: no two users share the cached part of the prompt.
        profile = replace(extract_profile(cv, today=date(2026, 11, 1)), experience_years=1 + user / 10)
        facts = facts_of_profile(profile)
        for posting in postings[user * PAIRS_PER_USER : (user + 1) * PAIRS_PER_USER]:
            filled = replace(
                posting,
                ai_core_responsibilities=_filled(posting.ai_core_responsibilities or "", _SUMMARY_CHARACTERS),
                ai_requirements_summary=_filled(posting.ai_requirements_summary or "", _SUMMARY_CHARACTERS),
            )
            compared = derive_facts(filled)
            request = build_request(
                profile_to_send(profile),
                posting_to_send(filled, compared).sent,
                analyse(facts, compared, ScoringRules()).sent,
            )
            ad = f"{posting.title}\n{posting.company}\n{posting.location}\n{posting.description}"
            yield BenchPair(request, _filled(cv, _CV_CHARACTERS), _filled(ad, _AD_CHARACTERS))


def _filled(text: str, characters: int) -> str:
    missing = max(0, characters - len(text))
    return f"{text} {(_FILLER * (missing // len(_FILLER) + 1))[:missing]}"


def _posting(pair: BenchPair) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(pair.request.pair)["posting"]
    return found


def _quotes(pair: BenchPair) -> list[str]:
    """Facts that an answer about the pair may name, at least six."""
    posting = _posting(pair)
    return [*posting.get("skills", []), posting.get("title", ""), *["work experience"] * 6]


def _short_answer(pair: BenchPair) -> str:
    """The longest answer that the project's prompt asks for: two sentences, two alignments, two gaps."""
    skills = _quotes(pair)
    return json.dumps(
        {
            "claude_score": 78,
            "match_reasoning": f"You bring {skills[0]} and {skills[1]}, and your years of experience are at the level "
            f"that is asked for. {skills[2]} and {skills[3]} are not shown in your CV.",
            "key_alignments": [{"point": f"You have worked with {s} before", "quote": s} for s in skills[:2]],
            "potential_gaps": [{"point": f"Your CV does not show {s}", "quote": s} for s in skills[2:4]],
        }
    )


def _long_answer(pair: BenchPair) -> str:
    """An answer to a prompt without limits: three sentences, four alignments, two gaps."""
    skills = _quotes(pair)
    return json.dumps(
        {
            "claude_score": 78,
            "match_reasoning": f"You bring {skills[0]} and {skills[1]}, which the posting names first, and your years "
            f"of experience are at the level that is asked for. {skills[2]} and {skills[3]} are not shown in your CV. "
            "The field of work is the one that you come from.",
            "key_alignments": [{"point": f"You have worked with {s} before", "quote": s} for s in skills[:4]],
            "potential_gaps": [{"point": f"Your CV does not show {s}", "quote": s} for s in skills[4:6]],
        }
    )


if __name__ == "__main__":
    print_costs(Console(width=140))
