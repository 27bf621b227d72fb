"""Commands on postings from elsewhere than the API: `add`, and the folder of `collect`."""

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from jobmatch_dagster.cli.help_texts import Command

if TYPE_CHECKING:
    from jobmatch_dagster.cli.runtime import Runtime


class _AddCommand(Command):
    example = "add-posting"


@click.command(cls=_AddCommand)
@click.argument("ad", type=click.File("rb"))
@click.option("--title", help="Title of a text; its first line otherwise.")
@click.option("--company", help="Employer of a text.")
@click.option("--location", help='Place of a text, such as "Berlin, Germany".')
@click.option("--url", help="Address of the ad.")
@click.option("--match", is_flag=True, help="Embed and match it at once; loads the model.")
def add(
    ad: BinaryIO,
    title: str | None,
    company: str | None,
    location: str | None,
    url: str | None,
    match: bool,
) -> None:
    """Add an ad that you found.

    Its text, or a schema.org JobPosting as JSON-LD. The same ad again changes nothing. It appears in matches after the
    next matching.
    """
    from jobmatch_dagster import api
    from jobmatch_dagster.build import default_resources
    from jobmatch_dagster.cli.runtime import open_runtime
    from jobmatch_dagster.core.raw.documents import decode_document
    from jobmatch_dagster.core.raw.json_ld import MAX_DOCUMENT_BYTES

    document = decode_document(ad.name, ad.read(MAX_DOCUMENT_BYTES + 1))
    if document.problem:
        raise api.PostingTextError(f"{ad.name}: {document.problem}")
    now = default_resources()["clock"].now()
    with open_runtime() as runtime:
        added = api.add_posting(
            runtime.database, document.text, title=title, company=company, location=location, url=url, seen_at=now
        )
        for posting in added:
            click.echo(f"{posting.external_id} {posting.outcome}")
        if match:
            _run(runtime)
            click.echo("Matched.")
    if not match and any(posting.outcome != "unchanged" for posting in added):
        click.echo("It appears in matches after the next matching: the next hourly run, or this command with --match.")


def collect_documents(folder: Path | None, listed: Path | None, source: str) -> None:
    """Run `collect_documents` on a folder or a list, and print what became of it."""
    from jobmatch_dagster.cli.runtime import open_runtime

    with open_runtime() as runtime:
        counts = _run(runtime, folder=folder, listed=listed, source=source)
    click.echo(
        f"{counts['documents_read']:,} documents read, {counts['documents_stored']:,} new or changed: "
        f"{counts['rows_inserted']:,} postings added, {counts['rows_updated']:,} updated, "
        f"{counts['rows_quarantined']:,} quarantined."
    )


def _run(runtime: "Runtime", **config: Path | str | None) -> dict[str, int]:
    """Run the job; returns the numbers of its steps by name."""
    from jobmatch_dagster.build import build_defs
    from jobmatch_dagster.cli.runs import run_job

    given = {
        name: str(value.resolve()) if isinstance(value, Path) else value for name, value in config.items() if value
    }
    with runtime.dagster_instance() as instance:
        run_config = {"ops": {"store_documents": {"config": given}}}
        result = run_job(build_defs(), instance, "collect_documents", run_config=run_config)
    found: dict[str, int] = {}
    for event in result.all_events:
        if event.is_successful_output:
            metadata = event.step_output_data.metadata
            found |= {name: value.value for name, value in metadata.items() if isinstance(value.value, int)}
    return found
