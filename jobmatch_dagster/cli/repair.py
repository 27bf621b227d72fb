"""Commands that repair one posting or one profile: runs of `repair_posting` and `repair_profile`."""

import click

from jobmatch_dagster.cli.help_texts import Command


@click.group()
def repair() -> None:
    """Read one posting or profile again.

    From what is stored, with everything that follows from it. Nothing is fetched or paid for.
    """


@repair.command(cls=Command)
@click.argument("external_id")
def posting(external_id: str) -> None:
    """Read a posting again from its page."""
    _run("repair_posting", "reread_posting", external_id=external_id)


@repair.command(cls=Command)
@click.argument("user_key")
def profile(user_key: str) -> None:
    """Read a user's newest CV again."""
    _run("repair_profile", "reread_profile", user_key=user_key)


def _run(job: str, op: str, **config: str) -> None:
    from jobmatch_dagster.build import build_defs
    from jobmatch_dagster.cli.runs import run_job
    from jobmatch_dagster.cli.runtime import open_runtime

    with open_runtime(must_exist=True) as runtime, runtime.dagster_instance() as instance:
        run_job(build_defs(), instance, job, run_config={"ops": {op: {"config": config}}})
    click.echo("Repaired. `jobmatch explain USER_KEY EXTERNAL_ID` shows what follows from it.")
