"""`jobmatch`: the group of commands, and how expected errors are printed.

The modules of commands import the rest of the package inside functions, so that `jobmatch --help` answers at once.
"""

import sys
from typing import Any

import click

from jobmatch_dagster.cli import agents, catalog, completion, database, demo, matches, postings, repair, users
from jobmatch_dagster.core.text import for_terminal
from jobmatch_dagster.errors import JobmatchError


class _Group(click.Group):
    """Prints an expected error on stderr, without a traceback, and exits with code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except JobmatchError as error:
            click.echo(f"jobmatch: {for_terminal(str(error))}", err=True)
            sys.exit(1)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="jobmatch-dagster")
def main() -> None:
    """Collects job postings, matches them to CVs and explains every match.

    Without JOBMATCH_DATABASE_URL it uses an embedded PostgreSQL, in the folder JOBMATCH_HOME (default: .jobmatch).
    """


for command in (
    *(demo.demo, demo.dev),
    *(database.migrate, database.rollback, completion.completion),
    *(catalog.collect, postings.add, catalog.stats, catalog.health, catalog.evaluate),
    *(matches.matches, matches.explain, matches.decide, agents.mcp, repair.repair),
    *(users.users, users.cv, users.preferences, users.profile, users.export, users.forget, users.forget_again),
):
    main.add_command(command)
