"""Runs of a command belong to the code location, as those that the UI launches."""

import dagster as dg

from jobmatch_dagster import names
from jobmatch_dagster.cli.runs import materialize
from jobmatch_dagster_tests.support.world import World


def test_a_run_of_a_command_names_its_code_location(world: World) -> None:
    materialize(world.defs, world.instance, ["statistics", "job_statistics"])
    (run,) = world.instance.get_runs()
    assert run.remote_job_origin is not None
    assert run.remote_job_origin.repository_origin.get_label() == f"__repository__@{names.CODE_LOCATION}"
    # What the page of a job asks for.
    tags = {".dagster/repository": f"__repository__@{names.CODE_LOCATION}"}
    assert len(world.instance.get_runs(dg.RunsFilter(tags=tags))) == 1
    assert "create_run_for_job" not in vars(world.instance)
