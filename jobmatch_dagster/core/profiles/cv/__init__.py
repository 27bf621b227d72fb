"""Reading of a CV's text, one kind of field in each module; `core/profiles/profile.py` combines them."""
