"""The page on one user and one posting. Put here its making alone; what stands on it is in the modules beside."""

from dataclasses import dataclass
from datetime import datetime

from jobmatch_dagster.core.page import Page
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.pipeline.explain.facts import Facts, gather
from jobmatch_dagster.pipeline.explain.findings import find
from jobmatch_dagster.pipeline.explain.match_sections import is_same
from jobmatch_dagster.pipeline.explain.sections import sections
from jobmatch_dagster.pipeline.matching.match import MatchSettings
from jobmatch_dagster.resources.embedder import EmbedderResource


@dataclass(frozen=True)
class Explanation:
    """The page, and its numbers: scores stored and computed now, whether they are the same (None: not known)."""

    page: Page
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
) -> Explanation:
    """Explain a pair, also one that is no match, or whose posting is not held.

    Raises:
        NothingToExplainError: if the user is not known.
    """
    facts = gather(database, settings, user_key, external_id, now=now, embedder=embedder)
    page = Page(_title(facts), find(facts), list(sections(facts)))
    stored, pair = facts.stored, facts.pair
    return Explanation(page, stored and stored.match_score, pair.score if pair else None, is_same(facts))


def _title(facts: Facts) -> str:
    if facts.posting is None:
        return f"{facts.user_key} x {facts.external_id}: not held"
    return f"{facts.user_key} x {facts.external_id}: {facts.posting.title}, {facts.posting.company}"
