"""Checks of the enrichment stage: the budget, and reasons that say something."""

from datetime import timedelta

import dagster as dg

from jobmatch_dagster.db.connection.engine import run_query
from jobmatch_dagster.db.enrichment.ledger import spent_today_usd
from jobmatch_dagster.resources.claude import ClaudeResource
from jobmatch_dagster.resources.clock import ClockResource
from jobmatch_dagster.resources.postgres import PostgresResource

_WARN_FROM_SHARE = 0.9
_MAX_GENERIC_SHARE, _MIN_ANSWERS = 0.1, 20


@dg.asset_check(asset=["enrichment", "claude_matches"], description="The day's budget for Claude is not used up.")
def budget_lasts(database: PostgresResource, claude: ClaudeResource) -> dg.AssetCheckResult:
    """What the answers of this day (UTC) cost, beside the budget."""
    with database.database().begin() as connection:
        spent = float(spent_today_usd(connection))
    budget = claude.budget_usd_per_day
    asks = claude.enabled and claude.may_spend
    passed = not asks or spent < _WARN_FROM_SHARE * budget
    return dg.AssetCheckResult(
        passed=passed,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "spent_today_usd": spent,
            "budget_usd_per_day": budget,
            "share_spent": spent / budget if budget else 0.0,
            "key_is_set": claude.enabled,
            "recovery": _nothing_to_do(asks=asks)
            if passed
            else "Pairs wait until tomorrow (UTC). Raise CLAUDE_BUDGET_USD_PER_DAY, or lower max_pairs_per_user of the "
            "resource claude.",
        },
    )


@dg.asset_check(asset=["enrichment", "claude_matches"], description="Reasons name a fact of the pair.")
def reasons_specific(database: PostgresResource, clock: ClockResource) -> dg.AssetCheckResult:
    """Share of the last day's answers whose reasons name no skill, title or company of the pair."""
    since = clock.now() - timedelta(days=1)
    with database.database().begin() as connection:
        row = run_query(connection, "enrichment/claude_reasons", {"since": since})[0]
    share = row.generic / row.answers if row.answers else 0.0
    passed = row.answers < _MIN_ANSWERS or share <= _MAX_GENERIC_SHARE
    return dg.AssetCheckResult(
        passed=passed,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "answers": row.answers,
            "generic": row.generic,
            "generic_share": share,
            "recovery": "Nothing to do."
            if passed
            else "Read some with explain_match. If they say nothing of the pair, change the prompt and raise its "
            "version; see docs/runbook.md, a wrong prompt.",
        },
    )


def _nothing_to_do(*, asks: bool) -> str:
    return "Nothing to do." if asks else "Nothing to do: without a key or with a budget of 0 nothing is asked."


checks = [budget_lasts, reasons_specific]
