"""Help texts: they come at once, and every command and option has one."""

import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from jobmatch_dagster.cli.help_texts import ARGUMENTS
from jobmatch_dagster.cli.main import main

_HEAVY = {"dagster", "sqlalchemy", "pydantic", "numpy", "rich", "requests", "torch", "anthropic"}


def _commands(group: click.Group, prefix: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        yield f"{prefix}{name}", command
        if isinstance(command, click.Group):
            yield from _commands(command, f"{prefix}{name} ")


_COMMANDS = dict(_commands(main))


@pytest.mark.parametrize("arguments", [["--help"], ["stats", "--help"], ["--version"]])
def test_help_imports_no_heavy_package(arguments: list[str]) -> None:
    program = (
        "import sys; from jobmatch_dagster.cli.main import main; "
        f"main({arguments!r}, prog_name='jobmatch', standalone_mode=False); print(sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = done.stdout.splitlines()[-1]
    assert "'click'" in loaded
    assert [package for package in _HEAVY if f"'{package}'" in loaded] == []


def test_list_of_matches_imports_no_dagster() -> None:
    """It starts no run, and Dagster is the largest part of what a command would import."""
    program = (
        "import sys; import jobmatch_dagster.cli.runtime, jobmatch_dagster.cli.printing; "
        "import jobmatch_dagster.pipeline.matching.match_list; print(sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "'sqlalchemy'" in done.stdout
    assert "'dagster'" not in done.stdout


def test_list_of_commands_cuts_no_sentence() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "jobmatch_dagster.cli", "--help"], capture_output=True, text=True, check=True
    )
    listed = done.stdout.split("Commands:\n")[1]
    assert "..." not in listed
    assert [line.split()[0] for line in listed.splitlines()] == sorted(main.commands)


@pytest.mark.parametrize("name", sorted(_COMMANDS))
def test_command_and_its_options_have_a_help_text(name: str) -> None:
    command = _COMMANDS[name]
    assert (command.help or "").split("\n\n")[0].rstrip().endswith(".")
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert (parameter.help or "").endswith("."), parameter.name


@pytest.mark.parametrize(
    "name", sorted(name for name, command in _COMMANDS.items() if not hasattr(command, "commands"))
)
def test_arguments_are_described_and_there_is_an_example(name: str) -> None:
    page = CliRunner().invoke(main, [*name.split(), "--help"], prog_name="jobmatch").output
    example = page.split("Example:\n")[1].strip()
    assert f"jobmatch {name}" in example
    for parameter in _COMMANDS[name].params:
        if isinstance(parameter, click.Argument):
            assert ARGUMENTS[parameter.name or ""].split()[0] in page.split("Arguments:\n")[1]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_completion(shell: str) -> None:
    script = CliRunner().invoke(main, ["completion", shell]).output
    assert "_JOBMATCH_COMPLETE" in script
    variables = {
        "_JOBMATCH_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": "jobmatch ma",
        "COMP_CWORD": "1" if shell != "fish" else "ma",
    }
    done = CliRunner().invoke(main, [], env=variables, prog_name="jobmatch")
    assert "matches" in done.output
