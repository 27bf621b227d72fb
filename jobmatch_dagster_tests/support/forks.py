"""Processes forked from a server that has imported the heavy modules already."""

import multiprocessing
import sys
from multiprocessing.process import BaseProcess

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(
    [
        "anthropic",
        "jobmatch_dagster.api",
        "jobmatch_dagster.build",
        "jobmatch_dagster.demo.run",
        "jobmatch_dagster_tests.chaos.night",
    ]
)


def start(process: BaseProcess) -> None:
    """Start a process that does not read this one's main module (pytest) again."""
    main = sys.modules["__main__"]
    file = main.__dict__.pop("__file__", None)
    try:
        process.start()
    finally:
        if file is not None:
            main.__file__ = file
