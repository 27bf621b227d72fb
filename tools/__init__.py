"""What `make lint`, `make lock` and `make docs` run. Not part of the package."""
