"""docs/webhooks.md says what is so: its receiver runs and verifies."""

import asyncio
import base64
import hmac
import os
import re
import socket
import sys
from pathlib import Path

import aiohttp

from bridge import ids
from bridge.webhooks import signature
from storage.pool import Database
from tests.bridge.agents.reference import DOCS
from tests.bridge.loops import delivering
from tests.storage import build

PAGE = (DOCS / "webhooks.md").read_text("utf-8")


def test_the_receiver_is_started_with_what_it_reads_and_where_the_endpoint_is() -> None:
    (started,) = re.findall(r"^(.*) python receive.py$", PAGE, re.MULTILINE)
    (port,) = re.findall(r'-d .\{"url": "http://127.0.0.1:(\d+)/"', PAGE)

    assert started == f"SECRET=whsec_… PORT={port}"
    assert {name.split("=")[0] for name in started.split()} == set(re.findall(r'environ\["(\w+)"\]', PAGE))


async def test_the_receiver_takes_what_is_signed_and_refuses_what_is_not(db: Database, tmp_path: Path) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert len([line for line in code.splitlines() if line and not line.startswith(("import", "from"))]) <= 16
    script = tmp_path / "receiver.py"
    script.write_text(code, "utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    async with delivering.loop(db, await build.tenant(db)) as loop:
        endpoint = await loop.endpoint(f"http://127.0.0.1:{port}/")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(script)),
            env={**os.environ, "SECRET": loop.secret(endpoint), "PORT": str(port)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            assert process.stdout is not None
            await loop.answered()
            async with asyncio.timeout(30):
                while (await loop.row())["status"] == "pending":  # until the receiver listens
                    await loop.step()
                    await loop.pass_time(10)
                printed = (await process.stdout.readline()).decode()
            forged = await loop.webhooks.send(ids.new(), endpoint.url, id="evt_1", body=b"{}", secrets=(b"x" * 32,))
            async with aiohttp.ClientSession() as http, http.post(endpoint.url, data="{}") as response:
                unsigned = response.status
            refused = [(await process.stdout.readline()).decode() for _ in range(2)]
        finally:
            process.kill()
            await process.wait()

    row = await loop.page(endpoint)
    assert printed.startswith(f'{ids.encode("evt", row[0].event_id)} interaction.answered Approved by "ana"')
    assert not forged.delivered and unsigned == 401 and refused == ["refused\n"] * 2


def test_a_signature_is_made_as_the_page_says_for_those_without_a_library() -> None:
    assert "1. Decode the part of the secret after `whsec_` as Base64." in PAGE
    secret, body = b"s" * 32, '{"text": "ü"}'.encode()
    headers = signature.headers(id="evt_1", timestamp=1_763_719_200, body=body, secrets=[secret])

    key = base64.b64decode(signature.written(secret).removeprefix("whsec_"))
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.digest(key, content, "sha256")).decode()

    assert headers["webhook-signature"] == f"v1,{expected}"
