"""`python -m jobmatch_dagster.bench [--load]`."""

from jobmatch_dagster.bench.run import main

main()
