"""Tables of the notifications: digests and what they announced."""
