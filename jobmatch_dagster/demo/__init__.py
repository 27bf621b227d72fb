"""The local Active Jobs server, its corpus and the demo's own CVs.

Only the command line, the benchmarks and the tests import this package.
"""
