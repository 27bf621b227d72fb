"""Commands on one match: `explain` and `decide`."""

import click

from jobmatch_dagster import names


@click.command()
@click.argument("user_key")
@click.argument("external_id")
@click.option("--embed-again", is_flag=True, help="Compare the stored vectors with new ones; loads the model.")
def explain(user_key: str, external_id: str, embed_again: bool) -> None:
    """Print why a match has its score.

    Where there is no match, it prints why not. The job explain_match shows the same page.
    """
    from jobmatch_dagster.build import default_resources
    from jobmatch_dagster.cli.runtime import open_runtime
    from jobmatch_dagster.defs.matching.assets import match_settings
    from jobmatch_dagster.pipeline.explain.page import explain as explain_pair

    resources = default_resources()
    settings = match_settings(resources["embedder"], resources["matching"])
    # Nothing is written, so that a login that may only read is enough.
    with open_runtime(prepare_dagster=False) as runtime:
        explained = explain_pair(
            runtime.database,
            settings,
            user_key,
            external_id,
            now=resources["clock"].now(),
            embedder=resources["embedder"] if embed_again else None,
        )
    click.echo(explained.page.text())


@click.command()
@click.argument("user_key")
@click.argument("external_id")
@click.argument("decision", type=click.Choice(names.DECISIONS))
def decide(user_key: str, external_id: str, decision: str) -> None:
    """Set a user's decision on a match. No later matching changes it."""
    from jobmatch_dagster import api
    from jobmatch_dagster.cli.runtime import open_runtime

    with open_runtime() as runtime:
        changed = api.decide(runtime.database, user_key, external_id, decision)
    click.echo(decision if changed else f"{decision}, as before")
