"""Dagster objects: a folder for each group of the lineage graph, plus `automation` and `operations`."""

import warnings

# Backfill policies and owners are beta parameters of the pinned Dagster version; its warnings would hide others.
warnings.filterwarnings("ignore", message=r"Parameter `(backfill_policy|owners)` .* is currently in beta")
