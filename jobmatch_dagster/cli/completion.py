"""`completion`: what a shell needs to complete the commands."""

import click

from jobmatch_dagster.cli.help_texts import Command


@click.command(cls=Command)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script that completes commands in a shell."""
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    root = ctx.find_root()
    if found is not None:
        click.echo(found(root.command, {}, "jobmatch", "_JOBMATCH_COMPLETE").source())
