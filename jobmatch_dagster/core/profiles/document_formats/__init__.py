"""Readers of CV files, one module for each kind: from content to lines of text."""
