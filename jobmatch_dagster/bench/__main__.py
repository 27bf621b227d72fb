"""`python -m jobmatch_dagster.bench [--quick | --load] [--out FOLDER]`."""

import sys

from jobmatch_dagster.bench.run import main

main(sys.argv[1:])
