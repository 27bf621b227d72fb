"""`jobmatch`: each command a thin door to the same jobs and functions that the Dagster UI uses.

Put here arguments, and what is printed. What a command does belongs elsewhere.
"""

import sys
from typing import Any

import click

from jobmatch_dagster.core.failures import PassingFailure, PermanentFailure
from jobmatch_dagster.db.engine import DatabaseUnavailableError
from jobmatch_dagster.db.migrations import MigrationError
from jobmatch_dagster.db.urls import DatabaseUrlError
from jobmatch_dagster.resources.embedder import ModelUnavailableError
from jobmatch_dagster.runtime import SchemaVersionError

# What a user can mend: told in one sentence, without a traceback.
_EXPECTED = (
    DatabaseUnavailableError,
    DatabaseUrlError,
    MigrationError,
    ModelUnavailableError,
    PassingFailure,
    PermanentFailure,
    SchemaVersionError,
)


class _Group(click.Group):
    """Turns expected failures into one sentence on stderr and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        from jobmatch_dagster.demo.errors import DemoInputError

        try:
            return super().invoke(ctx)
        except (*_EXPECTED, DemoInputError) as error:
            click.echo(f"jobmatch: {error}", err=True)
            sys.exit(1)
