"""Debian's PgBouncer in front of a PostgreSQL, with two server connections shared between transactions."""

import contextlib
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sandbox.postgres import account, probe

_PROGRAM = "/usr/sbin/pgbouncer"
REQUIRED = "ASKBRIDGE_REQUIRE_PGBOUNCER"


def found() -> str:
    """The path of the program. Without it the test is skipped, or fails if ASKBRIDGE_REQUIRE_PGBOUNCER is set."""
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:{Path(_PROGRAM).parent}")
    if program is None:
        missing = "there is no pgbouncer here"
        if os.environ.get(REQUIRED):
            pytest.fail(missing)
        pytest.skip(missing)
    return program


@contextlib.contextmanager
def before(dsn: str, folder: Path, *settings: str) -> Iterator[str]:
    """Run PgBouncer in front of `dsn`; yields the address through it. `settings` are further lines of its file."""
    program, parts, port = found(), urlsplit(dsn), _free_port()
    runner = account.choose(None, cluster=folder / "none")
    users, file = folder / "users.txt", folder / "pgbouncer.ini"
    users.write_text(f'"{parts.username}" "{parts.password}"\n')
    file.write_text(
        "\n".join(
            [
                "[databases]",
                f"* = host={parts.hostname} port={parts.port}",
                "[pgbouncer]",
                "listen_addr = 127.0.0.1",
                f"listen_port = {port}",
                "unix_socket_dir =",
                "auth_type = trust",
                f"auth_file = {users}",
                "pool_mode = transaction",
                "default_pool_size = 2",
                *settings,
            ]
        )
    )
    through = parts._replace(netloc=parts.netloc.replace(f":{parts.port}", f":{port}")).geturl()
    with (folder / "pgbouncer.log").open("wb") as log:
        child = subprocess.Popen(
            [program, str(file)], user=runner.user, group=runner.group, stdout=log, stderr=log, cwd="/"
        )
    try:
        while not probe.server_at(through):
            assert child.poll() is None, (folder / "pgbouncer.log").read_text()
        yield through
    finally:
        child.terminate()
        child.wait(10)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port
