"""Faults at every point of the work, and one checker that compares everything afterwards with a run without faults."""
