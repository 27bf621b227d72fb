"""The job that erases a user everywhere and proves it."""

from functools import partial

import dagster as dg
from pydantic import Field

from jobmatch_dagster import names
from jobmatch_dagster.observability.user_history import erase_user_history
from jobmatch_dagster.pipeline.operations.erase import erase_user
from jobmatch_dagster.resources.claude import ClaudeResource
from jobmatch_dagster.resources.postgres import PostgresResource
from jobmatch_dagster.settings import FolderSettings


class UserKey(dg.Config):
    """Which user."""

    user_key: str = Field(description="The key of the user, as it was given with the CV")


@dg.op
def erase_one_user(
    context: dg.OpExecutionContext, config: UserKey, database: PostgresResource, claude: ClaudeResource
) -> None:
    """Erase one user: files, documents, profiles, vectors, matches, requests to Claude, partition, logs."""
    folders = FolderSettings.read()
    report = erase_user(
        database.database(),
        claude,
        config.user_key,
        inboxes=folders.folders_of_users,
        erasures=folders.erasure_folder,
        erase_history=partial(erase_user_history, context.instance),
    )
    context.add_output_metadata(
        {
            "user_found": report.found,
            "rows_erased": sum(report.rows_erased.values()),
            "files_erased": report.files_erased,
            "requests_withdrawn": report.requests_withdrawn,
            "batches_not_cancelled": report.batches_not_cancelled,
            "places_searched": len(report.hits_afterwards),
            "remaining": report.hits,
            "remaining_by_place": dg.MetadataValue.json(report.hits_afterwards),
        }
    )
    if report.hits:
        raise dg.Failure(
            f"Data of the user is left: {report.left}. Launch forget_user again with the same key.",
            allow_retries=False,
        )


@dg.job(
    name="forget_user",
    tags={names.TAG_PURPOSE: "erasure", **names.INTERACTIVE},
    description="Erases a user everywhere, then searches every place; fails if anything is left.",
)
def forget_user() -> None:
    """Erase a user."""
    erase_one_user()
