"""`python -m jobmatch_dagster.bench [--load]`."""

import sys

from jobmatch_dagster.bench.run import main

main(sys.argv[1:])
