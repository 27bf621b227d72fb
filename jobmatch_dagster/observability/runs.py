"""Runs as the UI lists them: tags to filter by, and links.

Put here what is noted on a run while it works. Names of tags stand in `names.py`.
"""

from collections.abc import Mapping

import dagster as dg

# Dagster's limit of a tag's value.
_TAG_CHARACTERS = 255


def tag_run(context: dg.OpExecutionContext | dg.AssetExecutionContext, tags: Mapping[str, str]) -> None:
    """Tag the running run; it writes no event."""
    context.instance.add_run_tags(context.run.run_id, {name: value[:_TAG_CHARACTERS] for name, value in tags.items()})
