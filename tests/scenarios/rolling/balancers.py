"""nginx and HAProxy in front of two replicas, with the configuration that docs/operations.md recommends."""

import asyncio
import contextlib
import os
import re
import shutil
import signal
import socket
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sandbox import processes
from tests.waiting import until

REQUIRED = "ASKBRIDGE_REQUIRE_BALANCERS"
PAGE = Path(__file__).parents[3] / "docs" / "operations.md"
NAMES = ("nginx", "haproxy")

# What a system's own package makes of two servers when nothing else is said.
STOCK = {
    "nginx": """
upstream askbridge { server 10.0.0.11:8080; server 10.0.0.12:8080; }
server { listen 80; location / { proxy_pass http://askbridge; } }
""",
    "haproxy": """
defaults
    mode http
    timeout connect 5000
    timeout client 50000
    timeout server 50000
frontend all
    bind :80
    default_backend askbridge
backend askbridge
    server one 10.0.0.11:8080 check
    server two 10.0.0.12:8080 check
""",
}
_NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{block}
}}
"""


def found(name: str) -> str:
    """The path of the program. Without it the test is skipped, or fails if ASKBRIDGE_REQUIRE_BALANCERS is set."""
    program = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        missing = f"there is no {name} here"
        if os.environ.get(REQUIRED):
            pytest.fail(missing)
        pytest.skip(missing)
    return program


def recommended(name: str) -> str:
    """The block of the page in this language."""
    (block,) = re.findall(rf"```{name}\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    return str(block)


def kept_alive(block: str) -> str:
    """The block for nginx with connections to the replicas that are used again, as newer releases do by themselves."""
    block = block.replace("upstream askbridge {", "upstream askbridge {\n    keepalive 16;", 1)
    return block.replace("listen 80;", 'listen 80;\n    proxy_set_header Connection "";', 1)


@contextlib.asynccontextmanager
async def running(name: str, block: str, replicas: Sequence[str], folder: Path) -> AsyncIterator[str]:
    """Run the program in front of the two URLs; yields the URL of the balancer."""
    port, program = _free_port(), found(name)
    block = _placed(block, [urlsplit(replica).netloc for replica in replicas], port)
    file = await asyncio.to_thread(_written, name, block, folder)
    command = ["-e", f"{folder}/error.log", "-p", f"{folder}", "-c"] if name == "nginx" else ["-db", "-f"]
    process = await asyncio.create_subprocess_exec(
        *(program, *command, str(file)),
        stdin=asyncio.subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=processes.dies_with_parent(signal.SIGTERM),
    )
    try:
        await until(lambda: _is_open(port) or process.returncode is not None)
        assert process.returncode is None, f"{name} does not start"
        yield f"http://127.0.0.1:{port}"
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGTERM)
        await process.wait()


def _written(name: str, block: str, folder: Path) -> Path:
    """The configuration file, in a folder that this creates."""
    folder.mkdir()
    file = folder / f"{name}.conf"
    file.write_text(_NGINX.format(folder=folder, block=block) if name == "nginx" else block, encoding="utf-8")
    return file


def _placed(block: str, addresses: Sequence[str], port: int) -> str:
    """The block with addresses of this machine; each of the page's must occur."""
    places = {"10.0.0.11:8080": addresses[0], "10.0.0.12:8080": addresses[1]}
    listening = {"listen 80;": f"listen 127.0.0.1:{port};", "bind :80": f"bind 127.0.0.1:{port}"}
    places |= {old: new for old, new in listening.items() if old in block}
    assert len(places) == 3, block
    for old, new in places.items():
        assert old in block, old
        block = block.replace(old, new)
    return block


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port
