"""Checks of `enrichment/claude_matches`: the daily budget, and reasons that refer to the pair."""

from datetime import timedelta

import dagster as dg

from jobmatch_dagster.core.operations.next_steps import launch_job
from jobmatch_dagster.db.enrichment.health import reason_counts
from jobmatch_dagster.db.enrichment.ledger import spent_today_usd
from jobmatch_dagster.observability.check_results import check_result
from jobmatch_dagster.resources.claude import ClaudeResource
from jobmatch_dagster.resources.clock import ClockResource
from jobmatch_dagster.resources.postgres import PostgresResource

_MATCHES = dg.AssetKey(["enrichment", "claude_matches"])
_WARN_FROM_SHARE = 0.9
_MAX_GENERIC_SHARE, _MIN_ANSWERS = 0.1, 20


@dg.asset_check(asset=_MATCHES, description="Today's budget for Claude is not used up.")
def budget_lasts(database: PostgresResource, claude: ClaudeResource) -> dg.AssetCheckResult:
    """Compares what the answers of this day (UTC) cost with the daily budget."""
    with database.database().read() as connection:
        spent = float(spent_today_usd(connection))
    budget = claude.budget_usd_per_day
    asks = claude.enabled and claude.may_spend
    return check_result(
        not asks or spent < _WARN_FROM_SHARE * budget,
        {
            "spent_today_usd": spent,
            "budget_usd_per_day": budget,
            "share_spent": spent / budget if budget else 0.0,
            "key_is_set": claude.enabled,
            "note": None if asks else "Claude is not asked: ANTHROPIC_API_KEY is not set or a budget is 0.",
        },
        "Nothing to do: the remaining pairs are asked about tomorrow (UTC). To spend more today, raise "
        "CLAUDE_BUDGET_USD_PER_DAY and restart the code location; to spend less a day, give "
        "ClaudeResource in build.py a lower limit, for example max_pairs_per_user=10 (default 25).",
    )


@dg.asset_check(asset=_MATCHES, description="Claude's reasons name facts of the pair.")
def reasons_specific(database: PostgresResource, clock: ClockResource) -> dg.AssetCheckResult:
    """Share of the last day's answers whose reasons name no skill, title or company of the pair."""
    with database.database().read() as connection:
        counts = reason_counts(connection, clock.now() - timedelta(days=1))
    return check_result(
        counts.answers < _MIN_ANSWERS or counts.generic_share <= _MAX_GENERIC_SHARE,
        {"answers": counts.answers, "generic": counts.generic, "generic_share": counts.generic_share},
        "Read some of them in the column reason of the job show_matches. If they say nothing about the pair, improve "
        "core/enrichment/data/prompts/explain_match.md; its version follows from its text. To ask about these pairs "
        "again: " + launch_job("collect_claude_batches", "ask_waiting_pairs", again_generic=True),
    )


checks = [budget_lasts, reasons_specific]
