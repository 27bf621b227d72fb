"""The `jobmatch` command as a process of its own: what it prints, and its exit code.

To import what the commands need takes more than a second. So the process is forked from a server that has imported
it already; it shares nothing else with the test.
"""

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jobmatch_dagster_tests.support.forks import FORKS

_SECONDS = 240


@dataclass(frozen=True)
class Finished:
    """A command that has ended."""

    returncode: int | None
    stdout: str
    stderr: str


def run_command(*arguments: str, **variables: str | None) -> Finished:
    """Run `jobmatch` with these arguments. Variables are added to the environment; None takes one away."""
    environment = {name: value for name, value in {**os.environ, **variables}.items() if value is not None}
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("stdout", "stderr")]
        process = FORKS.Process(target=_run, args=(arguments, environment, files))
        process.start()
        process.join(_SECONDS)
        assert not process.is_alive(), f"jobmatch {' '.join(arguments)} did not end within {_SECONDS} s"
        return Finished(process.exitcode, *(file.read_text(encoding="utf-8") for file in files))


def _run(arguments: Sequence[str], environment: Mapping[str, str], files: Sequence[Path]) -> None:
    """In the child: become the command."""
    os.environ.clear()
    os.environ.update(environment)
    for descriptor, file in enumerate(files, start=1):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT), descriptor)
    sys.argv = ["jobmatch", *arguments]
    from jobmatch_dagster.cli.main import main

    main()
