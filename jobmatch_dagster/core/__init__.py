"""The project's knowledge in pure Python: no database, no Dagster, no network."""
