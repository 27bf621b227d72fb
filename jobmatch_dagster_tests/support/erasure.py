"""Erasing a user of a test's world."""

from functools import partial

from jobmatch_dagster.observability.user_history import erase_user_history
from jobmatch_dagster.pipeline.operations.erase import EraseHistory, ErasureReport, erase_user
from jobmatch_dagster.resources.claude import ClaudeResource
from jobmatch_dagster.settings import FolderSettings
from jobmatch_dagster_tests.support.world import World


def erase(world: World, user_key: str, erase_history: EraseHistory | None = None) -> ErasureReport:
    """Erase a user as the job forget_user does; `erase_history` replaces the erasure of Dagster's history."""
    history = erase_history or partial(erase_user_history, world.instance)
    folders = FolderSettings.read()
    return erase_user(
        world.database,
        ClaudeResource(),
        user_key,
        inboxes=folders.folders_of_users,
        erasures=folders.erasure_folder,
        erase_history=history,
    )
