"""Notifications: digests are reserved, delivered and marked."""
