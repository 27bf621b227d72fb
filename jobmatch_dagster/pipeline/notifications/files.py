"""The channel of files: a folder for each user, with pages and a feed that people and readers open."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from jobmatch_dagster.core.notifications.digest import as_feed, as_html, as_markdown
from jobmatch_dagster.core.notifications.message import Message
from jobmatch_dagster.core.profiles.user_keys import require_user_key

FILES = "files"


@dataclass(frozen=True)
class Files:
    """Files in the user's own folder."""

    folder: Path
    messages_at_once: ClassVar[int] = 200
    digests_in_message: ClassVar[int] = 20

    def send(self, message: Message) -> None:
        """Write the digest as pages and all of the message as `feed.json`. Again, it replaces the same files.

        Raises:
            UserKeyError: if the key could lead out of the folder.
            OSError: if a file cannot be written.
        """
        require_user_key(message.user_key)
        own = self.folder / message.user_key
        if own.is_symlink():
            raise NotADirectoryError("the user's folder is a link")
        own.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{message.digest.day}-{message.digest.key[:16]}"
        _replace(own / f"{name}.md", as_markdown(message.digest))
        _replace(own / f"{name}.html", as_html(message.digest))
        _replace(own / "feed.json", as_feed(message.digests))


def _replace(path: Path, content: str) -> None:
    """Write a file so that nobody sees half of it."""
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    part.write_text(content, encoding="utf-8")
    part.replace(path)
