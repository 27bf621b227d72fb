"""Dagster objects, by stage. Each stage has its thin `assets.py` and, in `stage.py`, its steps without Dagster."""
