"""Runs of a command name their code location, so that the UI shows them in the timeline and under their job.

Dagster's public `execute_in_process` has no argument for it; this is the one module that reaches behind it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from unittest import mock

import dagster as dg

from jobmatch_dagster import names


@contextmanager
def shown_in_ui(instance: dg.DagsterInstance, job_name: str) -> Iterator[None]:
    """Let the runs that are created in this block belong to this job of the code location."""
    from dagster._core.definitions.repository_definition import SINGLETON_REPOSITORY_NAME
    from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin

    location = RegisteredCodeLocationOrigin(names.CODE_LOCATION)
    origin = RemoteJobOrigin(RemoteRepositoryOrigin(location, SINGLETON_REPOSITORY_NAME), job_name)
    # Restored afterwards, also where one run is made inside another.
    with mock.patch.object(
        instance, "create_run_for_job", partial(instance.create_run_for_job, remote_job_origin=origin)
    ):
        yield
