"""What Dagster's history keeps of a user: runs by tag, their logs, the partition key; how it is listed and erased.

Events of past runs keep the user key, and nothing else of the user.
"""

from collections.abc import Mapping

import dagster as dg

from jobmatch_dagster import names
from jobmatch_dagster.observability.history import delete_logs, delete_run, has_logs
from jobmatch_dagster.partitions import USERS

EXPLAIN_JOB, EXPLAIN_OP = "explain_match", "write_explanation"
LIST_JOB, LIST_OP = "show_matches", "write_list"
# Jobs whose runs have a page about a user, and the op that is configured with the key.
_PAGES = {EXPLAIN_JOB: EXPLAIN_OP, LIST_JOB: LIST_OP}

_PARTITIONS, _RUN_LOGS = "Dagster partition keys", "logs of the user's runs"


def runs_of_user(instance: dg.DagsterInstance, user_key: str) -> list[dict[str, str]]:
    """The runs that were launched for a user, newest first: run id, job, status and time of creation."""
    return [
        {
            "run_id": record.dagster_run.run_id,
            "job": record.dagster_run.job_name,
            "status": record.dagster_run.status.value,
            "created_at": record.create_timestamp.isoformat(),
        }
        for record in instance.get_run_records(dg.RunsFilter(tags={names.TAG_USER: user_key}))
    ]


def erase_user_history(instance: dg.DagsterInstance, user_key: str) -> dict[str, int]:
    """Erase the partition, what the user's runs printed, and pages about the user with their runs.

    Returns:
        What each place has left afterwards.
    """
    partitions = USERS.name or ""
    instance.delete_dynamic_partition(partitions, user_key)
    for job in _PAGES:
        for run in _runs_with_page(instance, job, user_key):
            delete_run(instance, run.run_id)
    runs = instance.get_runs(dg.RunsFilter(tags={names.TAG_USER: user_key}))
    for run in runs:
        delete_logs(instance, run.run_id)
    return {
        _PARTITIONS: int(instance.has_dynamic_partition(partitions, user_key)),
        **{f"runs of {job}": len(_runs_with_page(instance, job, user_key)) for job in _PAGES},
        _RUN_LOGS: sum(has_logs(instance, run.run_id) for run in runs),
    }


def _runs_with_page(instance: dg.DagsterInstance, job: str, user_key: str) -> list[dg.DagsterRun]:
    """Runs of a job whose page shows facts of the user's CV, preferences or matches.

    They are found by their configuration, because a run that has not started has no tag yet.
    """
    runs = instance.get_runs(dg.RunsFilter(job_name=job))
    return [run for run in runs if _user_of_page(run.run_config, _PAGES[job]) == user_key]


def _user_of_page(run_config: Mapping[str, object], op: str) -> object:
    config: object = run_config
    for key in ("ops", op, "config", "user_key"):
        config = config.get(key) if isinstance(config, Mapping) else None
    return config
