"""Commands on the database's schema: `migrate` and `rollback`."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from jobmatch_dagster.cli.help_texts import Command

if TYPE_CHECKING:
    from jobmatch_dagster.db.connection.engine import Database


@click.command(cls=Command)
@click.option("--dry-run", is_flag=True, help="Print what would be done, change nothing.")
@click.option("--from-legacy", is_flag=True, help="Convert a legacy database; its tables are kept as backups.")
def migrate(dry_run: bool, from_legacy: bool) -> None:
    """Bring the database's schema to this version."""
    from jobmatch_dagster.cli.runtime import open_runtime
    from jobmatch_dagster.db.connection import migrations
    from jobmatch_dagster.db.connection.adoption import EARLIER, REPLACEMENT
    from jobmatch_dagster.db.connection.schema_files import purpose
    from jobmatch_dagster.db.connection.urls import safe_url

    with open_runtime(prepare_schema=False) as runtime:
        click.echo(f"Database: {safe_url(runtime.database.url)}")
        if from_legacy:
            _migrate_from_legacy(runtime.database, dry_run=dry_run)
            return
        found = migrations.plan(runtime.database)
        if found.newer:
            click.echo(f"Of a newer version, which this one can work with: {', '.join(found.newer)}. They stay.")
        applied = () if dry_run else migrations.migrate(runtime.database)
        _cut_matches(runtime.database, dry_run=dry_run)
        if found.adopts:
            adopted = f"{EARLIER[-1]} of an earlier version as {REPLACEMENT}; rows and tables stay as they are."
            click.echo(f"{'Would adopt' if dry_run else 'Adopted'}: {adopted}")
        if not dry_run:
            _print_names("Applied", applied)
            return
        _print_names("Applied before", found.applied)
        _print_names("Would apply", found.pending)
        for name in found.pending:
            click.echo(f"  {name}: {purpose(name)}")


@click.command(cls=Command)
@click.option("--all", "everything", is_flag=True, help="Undo every migration; all data of the project is deleted.")
@click.option("--to-legacy", is_flag=True, help="Restore the tables that `migrate --from-legacy` kept.")
@click.option("--dry-run", is_flag=True, help="Print what would be undone, change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def rollback(everything: bool, to_legacy: bool, dry_run: bool, yes: bool) -> None:
    """Undo the last migration, or all of them. The data of its tables is deleted."""
    from jobmatch_dagster.cli.runtime import open_runtime
    from jobmatch_dagster.db.connection import migrations
    from jobmatch_dagster.db.connection.urls import safe_url
    from jobmatch_dagster.pipeline.operations.legacy import restore_legacy

    with open_runtime(prepare_schema=False) as runtime:
        applied = migrations.plan(runtime.database).applied[::-1]
        undone = applied if everything or to_legacy else applied[:1]
        if dry_run:
            _print_names("Would undo", undone)
            return
        if undone and not yes:
            where = safe_url(runtime.database.url)
            extension = ", and the extension vector is dropped" if undone == applied else ""
            click.confirm(f"Undo {', '.join(undone)} on {where}? Their data is deleted{extension}", abort=True)
        if to_legacy:
            restore_legacy(runtime.database, click.echo)
        else:
            _print_names("Undone", migrations.rollback(runtime.database, everything=everything))


def _cut_matches(database: "Database", *, dry_run: bool) -> None:
    """Cut the matches into the configured number of buckets."""
    from jobmatch_dagster.pipeline.operations.buckets import ensure_buckets
    from jobmatch_dagster.settings import MatchingSettings

    count = MatchingSettings.read().buckets
    if before := ensure_buckets(database, count, dry_run=dry_run):
        click.echo(f"{'Would cut' if dry_run else 'Cut'} the matches into {count} bucket(s) instead of {before}.")


def _migrate_from_legacy(database: "Database", *, dry_run: bool) -> None:
    from jobmatch_dagster.db.legacy.state import SUFFIX
    from jobmatch_dagster.pipeline.operations.legacy import convert_legacy, inspect_legacy
    from jobmatch_dagster.resources.clock import wall_time

    found, rows = inspect_legacy(database)
    if rows:
        click.echo("Plan: rename these tables, create the schema, load postings and decisions, verify:")
        for name, count in rows.items():
            click.echo(f"  {name}: {count:,} rows")
    if dry_run:
        click.echo(found.sentence)
        return
    converted = convert_legacy(database, wall_time(), click.echo)
    if converted:
        for name, value in asdict(converted).items():
            if name != "tables":
                click.echo(f"  {name.replace('_', ' ')}: {value:,}")
        backups = ", ".join(f"{name}{SUFFIX}" for name in found.tables)
        click.echo(
            "Refused records are in quarantined_records, decisions that were not carried over in legacy_decisions, "
            "each with its reason. `jobmatch rollback --to-legacy` restores the legacy state. `jobmatch forget` also "
            "erases a user's rows in the backups; status, reasoning and notes in the legacy jobs, which name no user, "
            f"are erased with the last user. When you no longer need the backups: DROP TABLE {backups};"
        )


def _print_names(what: str, names: Sequence[str]) -> None:
    click.echo(f"{what}: {', '.join(names) or 'nothing'}.")
