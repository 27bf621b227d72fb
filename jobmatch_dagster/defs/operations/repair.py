"""Jobs that repair one posting or one profile from what is stored, without a call to any API."""

import dagster as dg
from pydantic import Field

from jobmatch_dagster import names
from jobmatch_dagster.defs.matching.assets import match_settings
from jobmatch_dagster.observability.runs import tag_run
from jobmatch_dagster.pipeline.operations import repair
from jobmatch_dagster.resources.clock import ClockResource
from jobmatch_dagster.resources.embedder import EmbedderResource
from jobmatch_dagster.resources.matching import MatchingResource
from jobmatch_dagster.resources.postgres import PostgresResource


class OnePosting(dg.Config):
    """Which posting."""

    external_id: str = Field(description="The vendor's id of the posting")


class OneUser(dg.Config):
    """Which user."""

    user_key: str = Field(description="The key of the user, as it was given with the CV")
    activate: bool = Field(default=False, description="Make the user active first: only active users are matched")


@dg.op(pool=names.POOL_INTERACTIVE)
def reread_posting(
    context: dg.OpExecutionContext,
    config: OnePosting,
    database: PostgresResource,
    embedder: EmbedderResource,
    matching: MatchingResource,
) -> None:
    """Read the posting again from its page, derive its facts and vector anew, and match it with every user."""
    tag_run(context, {names.TAG_POSTING: config.external_id})
    done = repair.repair_posting(
        database.database(),
        config.external_id,
        embedder=embedder,
        settings=match_settings(embedder, matching),
        run_id=context.run_id,
    )
    context.add_output_metadata({"row_rewritten": done.row_rewritten, "matches_written": done.matches_written})


@dg.op(pool=names.POOL_INTERACTIVE)
def reread_profile(
    context: dg.OpExecutionContext,
    config: OneUser,
    database: PostgresResource,
    embedder: EmbedderResource,
    matching: MatchingResource,
    clock: ClockResource,
) -> None:
    """Read the user's newest CV again with this version, embed the profile, and match the user with every posting."""
    tag_run(context, {names.TAG_USER: config.user_key})
    report = repair.repair_profile(
        database.database(),
        config.user_key,
        activate=config.activate,
        embedder=embedder,
        settings=match_settings(embedder, matching),
        today=clock.now().date(),
        run_id=context.run_id,
    )
    context.add_output_metadata(
        {"status": report.status, "reason": report.reason or "", "profile_version": report.profile_version or 0}
    )


@dg.job(
    name="repair_posting",
    tags={names.TAG_PURPOSE: "repair", **names.INTERACTIVE},
    description="Reads one posting again from its stored page, with its facts, vector and matches. No call, no credit.",
)
def repair_posting() -> None:
    """Repair one posting."""
    reread_posting()


@dg.job(
    name="repair_profile",
    tags={names.TAG_PURPOSE: "repair", **names.INTERACTIVE},
    description="Reads one user's newest CV again with this version, with the vector and the matches.",
)
def repair_profile() -> None:
    """Repair one profile."""
    reread_profile()
