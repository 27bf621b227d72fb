"""Tags of the current run, by which the UI filters its list of runs."""

from collections.abc import Mapping

import dagster as dg

# Dagster's limit for the value of a tag.
_TAG_CHARACTERS = 255


def tag_run(context: dg.OpExecutionContext | dg.AssetExecutionContext, tags: Mapping[str, str]) -> None:
    """Tag the current run; this writes no event."""
    context.instance.add_run_tags(context.run.run_id, {name: value[:_TAG_CHARACTERS] for name, value in tags.items()})
