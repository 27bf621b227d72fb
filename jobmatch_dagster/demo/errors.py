"""What can be wrong with the input of the demo."""


class DemoInputError(ValueError):
    """The folder given to the demo does not hold what it needs; the message says what and how to mend it."""
