"""What is read from a CV's text, one kind of fact each module; `core/profile.py` puts them together."""
