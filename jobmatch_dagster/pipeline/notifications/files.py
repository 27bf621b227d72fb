"""The channel of files: a folder for each user, with pages and a feed that people and readers open."""

from collections.abc import Sequence
from pathlib import Path

from jobmatch_dagster.core.notifications.digest import Digest, as_feed, as_html, as_markdown
from jobmatch_dagster.core.profiles.user_keys import require_user_key


def write_digest(folder: Path, user_key: str, digests: Sequence[Digest]) -> None:
    """Write the first digest as pages and all of them as `feed.json`. Writing it again replaces the same files.

    Raises:
        UserKeyError: if the key could lead out of the folder.
        OSError: if a file cannot be written.
    """
    require_user_key(user_key)
    own = folder / user_key
    if own.is_symlink():
        raise NotADirectoryError("the user's folder is a link")
    own.mkdir(mode=0o700, parents=True, exist_ok=True)
    newest = digests[0]
    name = f"{newest.day}-{newest.key[:16]}"
    _replace(own / f"{name}.md", as_markdown(newest))
    _replace(own / f"{name}.html", as_html(newest))
    _replace(own / "feed.json", as_feed(digests))


def _replace(path: Path, content: str) -> None:
    """Write a file so that nobody sees half of it."""
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    part.write_text(content, encoding="utf-8")
    part.replace(path)
