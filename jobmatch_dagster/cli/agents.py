"""`jobmatch mcp`: one user's matches for an agent."""

import click

from jobmatch_dagster.cli.help_texts import Command


@click.command(cls=Command)
@click.argument("user_key")
def mcp(user_key: str) -> None:
    """Serve a user's matches to an agent (MCP), read-only.

    It speaks the Model Context Protocol on standard input and output.
    """
    from jobmatch_dagster.cli.runtime import open_runtime
    from jobmatch_dagster.db.connection.roles import ReaderDatabase
    from jobmatch_dagster.db.profiles.users import require_user

    _require_sdk()
    from jobmatch_dagster.cli.agent_server import build_server

    with open_runtime(prepare_dagster=False, must_exist=True) as runtime:
        with runtime.database.read() as connection:
            require_user(connection, user_key)
        reader = ReaderDatabase(runtime.database.url, user_key)
        with reader.read():
            pass  # says now whether the role is missing
        build_server(reader, user_key).run("stdio")
        reader.dispose()


def _require_sdk() -> None:
    from jobmatch_dagster.errors import ConfigurationError

    try:
        import mcp.server  # noqa: F401
    except ImportError:
        raise ConfigurationError(
            "`jobmatch mcp` needs the MCP SDK, which is not installed: pip install 'jobmatch-dagster[mcp]'."
        ) from None
