"""The entry point of the code location."""

import dagster as dg

from jobmatch_dagster.build import build_defs


@dg.definitions
def defs() -> dg.Definitions:
    """The code location `jobmatch_dagster`."""
    return build_defs()
