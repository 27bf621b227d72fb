"""Commands on users: `users`, `cv`, `preferences`, `profile`, `export`, `forget` and `forget-again`."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jobmatch_dagster.cli.help_texts import Command

if TYPE_CHECKING:
    from jobmatch_dagster.db.connection.engine import Database

_PATH = click.Path(path_type=Path)


@click.group()
def cv() -> None:
    """Commands on CVs."""


@cv.command("add", cls=Command)
@click.argument("user_key")
@click.argument("file", type=_PATH)
@click.option("--label", default="default", show_default=True, help="Which of the user's CVs it is, such as nurse.")
def cv_add(user_key: str, file: Path, label: str) -> None:
    """Put a CV into the inbox, where cv_inbox_sensor finds it.

    A person with CVs for several fields gives each a label. Every posting is matched with the one that fits best.
    """
    from jobmatch_dagster.cli.runtime import configured_inbox
    from jobmatch_dagster.pipeline.profiles.inbox import put_into_inbox

    path = put_into_inbox(configured_inbox(), user_key, file, label)
    click.echo(f"{path} is in the inbox; cv_inbox_sensor reads it once the sensor is on.")


@cv.command("remove", cls=Command)
@click.argument("user_key")
@click.option("--label", required=True, help="Which of the user's CVs.")
def cv_remove(user_key: str, label: str) -> None:
    """Remove one of a user's CVs, with everything that was read from it.

    The other CVs stay; `jobmatch forget` removes the user.
    """
    from jobmatch_dagster.cli.runtime import open_runtime
    from jobmatch_dagster.pipeline.profiles.remove_cv import remove_cv
    from jobmatch_dagster.settings import FolderSettings

    with open_runtime(must_exist=True) as runtime:
        version = remove_cv(runtime.database, user_key, label, inboxes=FolderSettings.read().folders_of_users)
    click.echo(f"Removed; profile version {version}. cv_profile_sensor matches {user_key} again once it is on.")


@click.command(cls=Command)
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="Most users.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
def users(limit: int, as_json: bool) -> None:
    """List the users: profile, number of matches, last matching."""
    from rich.console import Console

    from jobmatch_dagster.cli.printing import print_users
    from jobmatch_dagster.cli.runtime import open_runtime
    from jobmatch_dagster.db.profiles.users import read_users

    with open_runtime(prepare_dagster=False, must_exist=True) as runtime, runtime.database.read() as connection:
        found = read_users(connection, most=limit)
    if as_json:
        click.echo(json.dumps([vars(user) for user in found], ensure_ascii=False, indent=2, default=str))
    else:
        print_users(found, Console(width=None if sys.stdout.isatty() else 120))


@click.command(cls=Command)
@click.argument("user_key")
@click.option("--file", type=_PATH, help="Set all preferences from a preferences.toml.")
@click.option("--location", "locations", multiple=True, help="A place that is accepted; repeatable.")
@click.option("--max-km", type=int, help="Most kilometres from one of the accepted towns.")
@click.option("--arrangement", "work_arrangements", multiple=True, help="remote, hybrid or on-site; repeatable.")
@click.option("--min-salary", type=float, help="Lowest yearly salary, with --currency.")
@click.option("--currency", "salary_currency", help="Three letters, such as EUR.")
@click.option("--needs-visa/--no-visa", default=None, help="Whether the user needs visa sponsorship.")
@click.option("--language", "languages", multiple=True, help="A language of ads that is accepted; repeatable.")
@click.option("--exclude-company", "excluded_companies", multiple=True, help="A company to leave out; repeatable.")
@click.option("--weight", "weights", multiple=True, metavar="PART=NUMBER", help="Own weight of a part of the score.")
@click.option("--default-weights", is_flag=True, help="Remove the own weights: the deployment's count.")
@click.option("--digest", "digest_every", help="How often new matches are announced: day, hour or never.")
@click.option("--digest-matches", "digest_max_matches", type=int, help="Most matches of a digest.")
@click.option("--digest-score", "digest_min_score", type=int, help="Lowest score that a digest announces.")
@click.option("--channel", "digest_channels", multiple=True, help="A channel that delivers digests; repeatable.")
@click.option("--email", help="Address for channels that send mail.")
@click.option("--quiet-hours", help="When no digest is delivered, such as 22:00-07:00; with --time-zone.")
@click.option("--time-zone", help="Time zone of the quiet hours, such as Europe/Berlin.")
@click.option("--explanation-language", help="Language of the reasons of matches: en or de.")
@click.option("--clear", is_flag=True, help="Remove all preferences.")
def preferences(
    user_key: str, file: Path | None, clear: bool, weights: Sequence[str], default_weights: bool, **fields: Any
) -> None:
    """Print or set a user's preferences.

    An option sets its own field and leaves the others; --file sets all. After a change of what matching compares,
    cv_profile_sensor matches the user again.
    """
    from rich.console import Console

    from jobmatch_dagster.cli.printing import print_preferences
    from jobmatch_dagster.cli.runtime import open_runtime
    from jobmatch_dagster.core.matching.scoring import WEIGHT_COLUMNS
    from jobmatch_dagster.pipeline.profiles.preferences import change_preferences

    given = {name: value for name, value in fields.items() if value not in (None, ())}
    given |= dict.fromkeys(WEIGHT_COLUMNS) if default_weights else {}
    given |= dict(map(_weight, weights))
    with open_runtime(must_exist=not (given or file or clear)) as runtime:
        current, version = change_preferences(runtime.database, user_key, given, file=file, clear=clear)
    print_preferences(current, version, Console())


def _weight(given: str) -> tuple[str, float]:
    """Field and value of `PART=NUMBER`."""
    from jobmatch_dagster.core.matching.scoring import PARTS

    part, _, number = given.partition("=")
    try:
        return f"{PARTS[PARTS.index(part.strip().replace(' ', '_'))]}_weight", float(number)
    except ValueError:
        remedy = f"give PART=NUMBER, such as skills=60. Parts: {', '.join(PARTS)}"
        raise click.UsageError(f"--weight: {remedy}.") from None


class _OwnFacts(Command):
    example = "own-facts"


@click.command(cls=_OwnFacts)
@click.argument("user_key")
@click.argument("profile_file", metavar="[FILE]", required=False, type=_PATH)
@click.option("--clear", is_flag=True, help="Remove all own facts: what the CV says counts again.")
def profile(user_key: str, profile_file: Path | None, clear: bool) -> None:
    """Print or set what a user says about their own work.

    A file sets all of it. It counts on top of every reading of the CV. After a change cv_profile_sensor matches the
    user again.
    """
    from rich.console import Console

    from jobmatch_dagster.cli.printing import print_own_facts
    from jobmatch_dagster.cli.runtime import open_runtime
    from jobmatch_dagster.pipeline.profiles.own_facts import change_own_facts

    with open_runtime(must_exist=not (profile_file or clear)) as runtime:
        change = change_own_facts(runtime.database, user_key, file=profile_file, clear=clear)
    print_own_facts(change.facts, Console())
    if change.new_version:
        click.echo(f"Profile version {change.new_version}; cv_profile_sensor matches {user_key} again once it is on.")


@click.command(cls=Command)
@click.argument("user_key")
def export(user_key: str) -> None:
    """Print everything stored about a user.

    The output is JSON: rows of every table, files, runs.
    """
    from jobmatch_dagster.cli.runtime import open_runtime
    from jobmatch_dagster.observability.user_history import runs_of_user
    from jobmatch_dagster.pipeline.operations.export import export_user
    from jobmatch_dagster.resources.clock import wall_time
    from jobmatch_dagster.settings import FolderSettings

    with open_runtime(must_exist=True) as runtime, runtime.dagster_instance() as instance:
        runs = runs_of_user(instance, user_key)
        exported = export_user(
            runtime.database, user_key, now=wall_time(), inboxes=FolderSettings.read().folders_of_users, runs=runs
        )
    click.echo(json.dumps(exported, ensure_ascii=False, indent=2))


@click.command(cls=Command)
@click.argument("user_key")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--proof", is_flag=True, help="Erase nothing; print when the key was erased and where was searched.")
def forget(user_key: str, yes: bool, proof: bool) -> None:
    """Erase a user everywhere: the job forget_user."""
    from jobmatch_dagster.build import build_defs
    from jobmatch_dagster.cli.runs import run_job
    from jobmatch_dagster.cli.runtime import open_runtime
    from jobmatch_dagster.core.profiles.user_keys import require_user_key

    if proof:
        _print_proof(user_key)
        return
    require_user_key(user_key)
    with open_runtime(must_exist=True) as runtime, runtime.dagster_instance() as instance:
        _require_known(runtime.database, user_key)
        if not yes:
            click.confirm(f"Erase everything of {user_key}? This cannot be undone", abort=True)
        run_job(build_defs(), instance, "forget_user", run_config=_erasure_of(user_key))
    click.echo(f"Nothing of {user_key} is left.")


@click.command("forget-again", cls=Command)
@click.option("--dry-run", is_flag=True, help="Print who would be erased, change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def forget_again(dry_run: bool, yes: bool) -> None:
    """After a restore: erase again who is back."""
    from jobmatch_dagster.build import build_defs
    from jobmatch_dagster.cli.runs import RunFailedError, run_job
    from jobmatch_dagster.cli.runtime import open_runtime
    from jobmatch_dagster.partitions import USERS
    from jobmatch_dagster.pipeline.operations.erase_again import find_users_to_erase_again
    from jobmatch_dagster.settings import FolderSettings

    with open_runtime(must_exist=True) as runtime, runtime.dagster_instance() as instance:
        folders = FolderSettings.read()
        found = find_users_to_erase_again(
            runtime.database,
            inboxes=folders.folders_of_users,
            erasures=folders.erasure_folder,
            partitions=instance.get_dynamic_partitions(USERS.name or ""),
        )
        click.echo(f"{found.erasures} erasures in {folders.erasure_folder}, {found.keys_compared} user keys compared.")
        if not found.user_keys:
            click.echo("Nobody has to be erased again.")
            return
        click.echo(f"Erased before, and back: {', '.join(found.user_keys)}.")
        if dry_run:
            return
        if not yes:
            click.confirm("Erase everything of them again? This cannot be undone", abort=True)
        defs, failures = build_defs(), []
        for user_key in found.user_keys:
            try:
                run_job(defs, instance, "forget_user", run_config=_erasure_of(user_key))
            except RunFailedError as failure:
                failures.append(str(failure))
    if failures:
        raise RunFailedError(f"{len(failures)} of {len(found.user_keys)} failed: {' '.join(failures)}")
    click.echo("Nothing of them is left.")


def _erasure_of(user_key: str) -> dict[str, Any]:
    return {"ops": {"erase_one_user": {"config": {"user_key": user_key}}}}


def _require_known(database: "Database", user_key: str) -> None:
    """Refuse a key of which nothing is stored: it may be mistyped. An interrupted erasure may be repeated."""
    from jobmatch_dagster.db.operations.erasure_proofs import erasures_of
    from jobmatch_dagster.db.operations.personal import places_of_user
    from jobmatch_dagster.db.profiles.users import require_user
    from jobmatch_dagster.pipeline.profiles.user_files import files_of_user
    from jobmatch_dagster.settings import FolderSettings

    with database.read() as connection:
        is_known = (
            places_of_user(connection, user_key)
            or erasures_of(connection, user_key)
            or any(files_of_user(inbox, user_key) for inbox in FolderSettings.read().folders_of_users)
        )
        if not is_known:
            require_user(connection, user_key)


def _print_proof(user_key: str) -> None:
    from jobmatch_dagster.cli.runtime import open_runtime
    from jobmatch_dagster.db.operations.erasure_proofs import erasures_of

    with open_runtime(must_exist=True) as runtime, runtime.database.read() as connection:
        erasures = erasures_of(connection, user_key)
    shown = [{"forgotten_at": at.isoformat(), **report} for at, report in erasures]
    click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
