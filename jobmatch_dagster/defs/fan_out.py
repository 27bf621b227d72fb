"""One step as many: a dynamic step for each bucket, which the executor spreads over processes or machines.

No value passes between the steps, so that they need no common storage: a step reads its bucket from its name, and the
last one reads from the events of the run what the others did.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg

from jobmatch_dagster.core.buckets import Bucket
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.matching.buckets import read_buckets

NOTHING = dg.Out(dg.Nothing)
ONE_FOR_EACH_BUCKET = dg.DynamicOut(dg.Nothing)
AFTER = {"after": dg.In(dg.Nothing)}
"""The input of a step that follows another one."""

_REPORT = "report"


def for_each_bucket(database: Database) -> Iterator[dg.DynamicOutput[None]]:
    """The outputs of a step that is followed by one for each bucket."""
    with database.read() as connection:
        buckets = read_buckets(connection)
    for bucket in buckets:
        yield dg.DynamicOutput(None, mapping_key=bucket.key)


def bucket_of_step(context: dg.OpExecutionContext, database: Database) -> Bucket:
    """The bucket of a mapped step, or of a run that is partitioned by bucket; all, when it is neither.

    Raises:
        Failure: if the code location was loaded for another number of buckets than the tables have.
    """
    key = context.get_mapping_key() or (context.partition_key if context.has_partition_key else None)
    with database.read() as connection:
        buckets = {bucket.key: bucket for bucket in read_buckets(connection)}
    if key in buckets:
        return buckets[key]
    if key is None and len(buckets) == 1:
        return next(iter(buckets.values()))
    raise dg.Failure(
        f"The matches are cut into {len(buckets)} bucket(s), but JOBMATCH_BUCKETS says another number: there is no "
        f"bucket {key or 'of all users'}. Set JOBMATCH_BUCKETS={len(buckets)}, or run `jobmatch migrate`; then reload "
        "the code location.",
        allow_retries=False,
    )


def report_step(context: dg.OpExecutionContext, report: Mapping[str, Any]) -> None:
    """Leave the report of a bucket for the last step."""
    context.add_output_metadata({_REPORT: dg.MetadataValue.json(dict(report))})


def reports_of_steps(context: dg.OpExecutionContext, name: str) -> list[Mapping[str, Any]]:
    """The reports that the steps `name` of this run have left, in the order of their buckets."""
    found: dict[str, Mapping[str, Any]] = {}
    for entry in context.instance.all_logs(context.run_id, of_type=dg.DagsterEventType.STEP_OUTPUT):
        event = entry.dagster_event
        if event and event.step_key and event.step_key.partition("[")[0].rsplit(".", 1)[-1] == name:
            value = event.step_output_data.metadata.get(_REPORT)
            if isinstance(value, dg.JsonMetadataValue) and isinstance(value.value, Mapping):
                found[event.step_key] = value.value
    return [found[key] for key in sorted(found)]


def as_asset(
    plain: dg.AssetsDefinition,
    graph: dg.GraphDefinition,
    partition_mappings: Mapping[str, dg.PartitionMapping] | None = None,
) -> dg.AssetsDefinition:
    """The asset `plain` with the steps of the graph; the graph's inputs are named after the assets before it."""
    spec = plain.get_asset_spec()
    inputs = {dep.asset_key.path[-1]: dep.asset_key for dep in spec.deps}
    made = dg.AssetsDefinition.from_graph(
        graph,
        keys_by_input_name=inputs,
        keys_by_output_name={"result": spec.key},
        partitions_def=plain.partitions_def,
        partition_mappings=partition_mappings,
        backfill_policy=plain.backfill_policy,
    )
    return made.map_asset_specs(
        lambda given: given.replace_attributes(
            description=spec.description,
            metadata=spec.metadata,
            group_name=spec.group_name,
            code_version=spec.code_version,
            owners=spec.owners,
            tags=spec.tags,
            kinds=spec.kinds,
            freshness_policy=spec.freshness_policy,
        )
    )
