"""Readers of the kinds of CV files, one module each: content in, lines of text out."""
