"""The job that shows a user's matches as a page.

The page says what fits a person, so the run is tagged with the user's key; housekeeping deletes it after some days,
`forget_user` at once.
"""

import dagster as dg
from pydantic import Field

from jobmatch_dagster import names
from jobmatch_dagster.core.catalog.signs import KINDS
from jobmatch_dagster.core.markdown import escaped
from jobmatch_dagster.db.profiles.users import UnknownUserError
from jobmatch_dagster.db.statistics.jobs_and_users import user_statistics
from jobmatch_dagster.defs.statistics.metadata import user_page
from jobmatch_dagster.observability.runs import tag_run
from jobmatch_dagster.observability.user_history import LIST_JOB, LIST_OP
from jobmatch_dagster.pipeline.matching.match_list import UnknownSignError, list_matches
from jobmatch_dagster.resources.clock import ClockResource
from jobmatch_dagster.resources.postgres import PostgresResource

_USER_PLACEHOLDER = "USER_KEY"


class ListConfig(dg.Config):
    """Whose matches, and how many."""

    user_key: str = Field(description="The key of the user, as it was given with the CV; `jobmatch users` lists them")
    most: int = Field(default=50, ge=1, le=1_000, description="Most lines")
    only_new: bool = Field(default=False, description="Leave out matches that the user has decided on")
    min_score: int | None = Field(default=None, ge=0, le=100, description="Lowest score")
    without_signs: list[str] = Field(
        default=[], description=f"Leave out postings that show one of these signs: {', '.join(KINDS)}"
    )


@dg.op(name=LIST_OP)
def write_list(
    context: dg.OpExecutionContext, config: ListConfig, database: PostgresResource, clock: ClockResource
) -> None:
    """Write the list as metadata `matches`, and the user's numbers as `in_numbers`."""
    tag_run(context, {names.TAG_USER: config.user_key})
    try:
        with database.database().read() as connection:
            found = list_matches(
                connection,
                config.user_key,
                status="new" if config.only_new else None,
                min_score=config.min_score,
                without_signs=config.without_signs,
                now=clock.now(),
                most=config.most,
            )
            (numbers,) = user_statistics(connection, config.user_key)
    except (UnknownSignError, UnknownUserError) as error:
        # A mistyped key or sign is an answer, not a failed run.
        context.add_output_metadata({"matches": dg.MetadataValue.md(escaped(str(error))), "lines": 0})
        return
    context.add_output_metadata(
        {
            "matches": dg.MetadataValue.md(found.markdown()),
            "in_numbers": dg.MetadataValue.md(user_page(numbers)),
            "lines": len(found.lines),
        }
    )


@dg.job(
    name=LIST_JOB,
    tags={names.TAG_PURPOSE: names.PURPOSE_EXPLAIN, **names.INTERACTIVE},
    description="Shows a user's matches, best first. Enter the user in the Launchpad, launch, and open `matches` in "
    "the events of the run.",
    config=dg.RunConfig({LIST_OP: ListConfig(user_key=_USER_PLACEHOLDER)}),
)
def show_matches() -> None:
    """Show one user's matches."""
    write_list()
