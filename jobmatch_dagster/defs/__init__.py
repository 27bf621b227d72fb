"""Dagster objects, thin: a folder for each stage of the graph, `automation` and `operations` beside them."""

import warnings

# Backfill policies and owners are beta parameters of the pinned Dagster version; its notes drown a person's own.
warnings.filterwarnings("ignore", message=r"Parameter `(backfill_policy|owners)` .* is currently in beta")
