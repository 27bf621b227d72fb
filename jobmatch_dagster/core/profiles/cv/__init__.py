"""What is read from a CV's text, one kind of fact each module; `core/profiles/profile.py` puts them together."""
