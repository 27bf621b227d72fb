"""Where the steps of a run are executed. What each needs is in docs/deployment.md."""

from typing import Any

import dagster as dg

from jobmatch_dagster.errors import ConfigurationError


def executor_of(name: str) -> Any:
    """The executor of that name (JOBMATCH_EXECUTOR).

    Steps are short and share one model, so that a process for each costs more than the work, unless they are large.

    Raises:
        ConfigurationError: if its package is not installed.
    """
    try:
        match name:
            case "multiprocess":
                # A child is a fresh interpreter: the threads of the model do not survive a fork.
                return dg.multiprocess_executor.configured({"start_method": {"spawn": {}}})
            case "docker":
                from dagster_docker import docker_executor

                return docker_executor
            case "celery":
                from dagster_celery import celery_executor

                return celery_executor
            case "kubernetes":
                from dagster_k8s import k8s_job_executor

                return k8s_job_executor
    except ImportError:
        raise ConfigurationError(
            f"JOBMATCH_EXECUTOR is {name}, but its package is not installed: pip install 'jobmatch-dagster[{name}]'."
        ) from None
    return dg.in_process_executor
