"""Limits of CV files, and the verdict on a file that cannot be read."""

from collections.abc import Iterable, Iterator

from jobmatch_dagster.errors import InputError

MIB = 1024 * 1024
MAX_BYTES = 20 * MIB
MAX_PAGES = 100
MAX_CHARACTERS = 200_000
# Declared in the directory of a zip file and checked before anything is unpacked.
MAX_ZIP_ENTRIES = 2_000
MAX_ZIP_ENTRY_BYTES = 50 * MIB
MAX_ZIP_TOTAL_BYTES = 100 * MIB
MAX_ZIP_RATIO = 100
# Small members may shrink a lot, as blank XML does, and are harmless.
ZIP_RATIO_FROM_BYTES = MIB


class UnreadableDocument(InputError):  # noqa: N818 (a verdict on the file, no error of the program)
    """A file without usable text. `reason` says why and what to do; it never contains text of the file."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def bounded(lines: Iterable[str]) -> Iterator[str]:
    """The lines, up to the length of a CV.

    Raises:
        UnreadableDocument: if there is more text.
    """
    room = MAX_CHARACTERS
    for line in lines:
        room -= len(line)
        if room < 0:
            raise UnreadableDocument(f"the text is longer than {MAX_CHARACTERS:,} characters: no CV is")
        yield line
