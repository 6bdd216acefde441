"""The command lines of `initdb` and `postgres`, with every setting that we depend on."""

from pathlib import Path

from sandbox.postgres.programs import Programs

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # no socket: no file to leave behind, and no 107 byte limit on the folder's path
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_destination": "stderr",
    "logging_collector": "off",
}
_DURABLE = ("fsync", "synchronous_commit", "full_page_writes")


def initdb(programs: Programs, *, cluster: Path, password_file: Path, durable: bool) -> list[str | Path]:
    """Create a cluster in an empty folder: UTF-8, the same sort order on every machine, every login with a password."""
    return [
        programs.bin / "initdb",
        f"--pgdata={cluster}",
        "--username=askbridge",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--no-instructions",
        *([] if durable else ["--no-sync"]),
    ]


def postgres(programs: Programs, *, cluster: Path, port: int, durable: bool) -> list[str | Path]:
    """Serve the cluster. Without `durable` it is faster, but a crash of the machine may destroy all data."""
    settings = _SETTINGS | {"port": str(port)} | dict.fromkeys(_DURABLE, "on" if durable else "off")
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return [programs.bin / "postgres", "-D", cluster, *options]
