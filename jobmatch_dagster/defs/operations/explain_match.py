"""Why a user's match with a posting is what it is.

The page goes to stdout (the compute log in the UI, the terminal of `jobmatch explain`), not into Dagster's
events: these must hold nothing of a user but the key. Put here the op; the page is made in
`defs/matching/explain.py`.
"""

import sys

import dagster as dg

from jobmatch_dagster import names
from jobmatch_dagster.defs.matching.assets import match_settings
from jobmatch_dagster.defs.matching.explain import explain
from jobmatch_dagster.resources.embedder import EmbedderResource
from jobmatch_dagster.resources.matching import MatchingResource
from jobmatch_dagster.resources.postgres import PostgresResource


class Pair(dg.Config):
    """Which user and which posting (the vendor's id)."""

    user_key: str
    external_id: str


@dg.op
def write_explanation(
    context: dg.OpExecutionContext,
    config: Pair,
    database: PostgresResource,
    embedder: EmbedderResource,
    matching: MatchingResource,
) -> None:
    """Write the page that explains one pair to stdout."""
    settings = match_settings(embedder, matching)
    page = explain(database.database(), settings, config.user_key, config.external_id)
    sys.stdout.write(page + "\n")
    context.log.info("The explanation stands in this step's stdout.")


@dg.job(
    name="explain_match",
    tags={names.TAG_PURPOSE: "explain"},
    description="One user and one posting: the match's whole way. Read the page in the step's stdout.",
)
def explain_match() -> None:
    """Explain one pair."""
    write_explanation()
