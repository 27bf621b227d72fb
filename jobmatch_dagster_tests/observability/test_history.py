"""Captured logs of runs are found, and not found after they are deleted."""

from pathlib import Path

import dagster as dg

from jobmatch_dagster.observability.history import delete_logs, has_logs


@dg.op
def print_a_line() -> None:
    print("what a step prints")  # noqa: T201


@dg.job
def printing_job() -> None:
    print_a_line()


def test_deleted_logs_are_not_found_again(tmp_path: Path) -> None:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        run_id = printing_job.execute_in_process(instance=instance).run_id
        assert has_logs(instance, run_id)
        delete_logs(instance, run_id)
        assert not has_logs(instance, run_id)


def test_instance_without_captured_logs_has_none() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert not has_logs(instance, printing_job.execute_in_process(instance=instance).run_id)
