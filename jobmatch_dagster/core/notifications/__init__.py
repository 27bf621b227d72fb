"""Digests: what is new for a user, as pages and a feed."""
