"""The page on one user and one posting."""

from dataclasses import dataclass
from datetime import datetime

from jobmatch_dagster.core.explanation_page import ExplanationPage
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.pipeline.explain.findings import find
from jobmatch_dagster.pipeline.explain.match_sections import is_same
from jobmatch_dagster.pipeline.explain.pair_data import PairData, read_pair_data
from jobmatch_dagster.pipeline.explain.sections import sections
from jobmatch_dagster.pipeline.matching.settings import MatchSettings
from jobmatch_dagster.resources.claude import ClaudeResource
from jobmatch_dagster.resources.embedder import EmbedderResource


@dataclass(frozen=True)
class Explanation:
    """The page, and its numbers: scores stored and computed now, whether they are the same (None: not known)."""

    page: ExplanationPage
    stored_score: int | None
    computed_score: int | None
    is_same: bool | None


def explain(
    database: Database,
    settings: MatchSettings,
    user_key: str,
    external_id: str,
    *,
    now: datetime,
    embedder: EmbedderResource | None = None,
    claude: ClaudeResource | None = None,
) -> Explanation:
    """Explain a pair, also one that is no match, or whose posting is not stored. Nothing is written.

    Raises:
        NothingToExplainError: if the user is not known; it names near keys.
    """
    data = read_pair_data(
        database,
        settings,
        user_key,
        external_id,
        now=now,
        embedder=embedder,
        claude_waits=_why_claude_waits(claude),
    )
    page = ExplanationPage(_title(data), list(find(data)), list(sections(data)))
    stored, judged = data.stored, data.judged
    return Explanation(
        page=page,
        stored_score=stored.match_score if stored else None,
        computed_score=judged.judgement.score if judged else None,
        is_same=is_same(data),
    )


def _why_claude_waits(claude: ClaudeResource | None) -> str:
    if claude is None:
        return ""
    if not claude.enabled:
        return "ANTHROPIC_API_KEY is not set"
    if not claude.may_spend:
        return "a budget is 0 (CLAUDE_BUDGET_USD_PER_DAY, CLAUDE_BUDGET_USD_PER_RUN, CLAUDE_BUDGET_USD_PER_USER)"
    best = claude.max_pairs_per_user
    return f"the next run asks, within the budgets of day, run and user, about the {best} best pairs of each user"


def _title(data: PairData) -> str:
    if data.posting is None:
        return f"{data.user_key} x {data.external_id}: not stored"
    return f"{data.user_key} x {data.external_id}: {data.posting.ad.title}, {data.posting.ad.company}"
