"""The local Active Jobs server, its corpus and the demo's own CVs.

Imported by the command line, the benchmarks and the tests alone.
"""
