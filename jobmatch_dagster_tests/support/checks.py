"""Asset checks by name: how a test runs one, and what its recovery text must be."""

import inspect
import json
import re

import dagster as dg

from jobmatch_dagster.build import build_defs, default_resources
from jobmatch_dagster.cli.runs import run_job

_DEFS = build_defs()
CHECKS = {spec.name: check for check in _DEFS.asset_checks or () for spec in check.check_specs}
NOTHING_TO_DO = "Nothing to do."

_ENTERED = r"(?:[^.>]*? enter (?P<config>\{.*?\}\}\}\})|, click Materialize, type [^.]*?)?"
_JOB = re.compile(rf"Open Jobs > (?P<job>\w+) > Launchpad{_ENTERED} and click Launch Run\.")
_PARTITIONS = re.compile(
    r"Open Jobs > (?P<job>\w+), click Materialize all, type \S+ and click "
    r"(?:Launch 1 run|Launch backfill: it is one run)\."
)
_ASSET = re.compile(rf"Open the asset (?P<asset>[\w/]+){_ENTERED} and click (?:Materialize|Launch 1 run)\.")


def run_check(name: str, instance: dg.DagsterInstance | None = None, **resources: object) -> dg.AssetCheckResult:
    """Run a check with the configured resources, or with those given, and look at its recovery text."""
    function = CHECKS[name].op.compute_fn.decorated_fn
    wanted = inspect.signature(function).parameters
    given = {key: value for key, value in {**default_resources(), **resources}.items() if key in wanted}
    context = [dg.build_asset_check_context(instance=instance)] if "context" in wanted else []
    result = function(*context, **given)
    assert isinstance(result, dg.AssetCheckResult)
    recovery = str(result.metadata["recovery"].value)
    assert (recovery == NOTHING_TO_DO) is result.passed
    assert_click_paths_exist(recovery)
    return result


def follow(text: str, defs: dg.Definitions, instance: dg.DagsterInstance) -> int:
    """Launch what a text says, with the configuration that it writes out; returns the number of launches."""
    paths = sorted([*_JOB.finditer(text), *_ASSET.finditer(text)], key=lambda path: path.start())
    for path in paths:
        config = json.loads(path["config"] or "{}")
        if "job" in path.groupdict():
            run_job(defs, instance, path["job"], run_config=config)
        else:
            partition = re.search(r"type the partition (\S+?)[, ]", path[0])
            run_job(
                defs,
                instance,
                "__ASSET_JOB",
                asset_selection=[dg.AssetKey(path["asset"].split("/"))],
                partition_key=partition[1] if partition else None,
                run_config=config,
            )
    return len(paths)


def assert_click_paths_exist(text: str) -> None:
    """Every click path of a text leads to a job or an asset that there is, with a configuration that is valid."""
    partitioned = [_DEFS.resolve_job_def(path["job"]) for path in _PARTITIONS.finditer(text)]
    assert all(job.partitions_def for job in partitioned)
    paths = [*_JOB.finditer(text), *_ASSET.finditer(text)]
    assert len(paths) + len(partitioned) == text.count("Open Jobs > ") + text.count("Open the asset ")
    for path in paths:
        if "job" in path.groupdict():
            job = _DEFS.resolve_job_def(path["job"])
        else:
            key = dg.AssetKey(path["asset"].split("/"))
            job = _DEFS.resolve_implicit_global_asset_job_def().get_subset(asset_selection={key})
        dg.validate_run_config(job, json.loads(path["config"] or "{}"))
