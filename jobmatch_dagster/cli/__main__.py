"""`python -m jobmatch_dagster.cli`: the same as `jobmatch`."""

from jobmatch_dagster.cli.main import main

main(prog_name="jobmatch")
