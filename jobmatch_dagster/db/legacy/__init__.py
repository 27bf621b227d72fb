"""Tables of the legacy project: recognised, renamed to backups, read, and renamed back."""
