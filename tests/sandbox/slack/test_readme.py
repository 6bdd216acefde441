"""README.md of the sandbox: its options, its line of JSON and its examples are those of the program."""

import ast
import asyncio
import json
import os
import re
import signal
import socket
import sys
from pathlib import Path

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import __main__ as program
from sandbox.slack import seed, server
from tests.sandbox.slack.conftest import Control, card
from tests.waiting import until

HERE = Path(server.__file__).parent
TEXT = (HERE / "README.md").read_text(encoding="utf-8")


def example(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    return str(found)


def column(head: str) -> list[str]:
    """Every name in the first column of the table with this head."""
    rows = TEXT.partition(f"| {head} | |\n| --- | --- |\n")[2].partition("\n\n")[0].splitlines()
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row.split("|")[1])]


def test_every_option_is_there(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["sandbox", "--help"])
    with pytest.raises(SystemExit):
        program.main()

    assert set(column("Option")) == set(re.findall(r"^  (--[\w-]+)", capsys.readouterr().out, re.MULTILINE))


def test_the_seed_file_of_the_example_can_be_used(tmp_path: Path) -> None:
    file = tmp_path / "world.toml"
    file.write_text(example("toml"), encoding="utf-8")

    read = seed.read(file)

    assert read.world.app.signing_secret == "a-secret-of-your-own"
    assert read.request_urls == {"A0DEPLOY": ("http://127.0.0.1:3000/slack/events",)}


def test_it_needs_nothing_but_aiohttp() -> None:
    imported: set[str] = set()
    for file in HERE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {name.name for name in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add(node.module or "")

    assert {name.split(".")[0] for name in imported} - sys.stdlib_module_names == {"aiohttp", "sandbox"}
    assert {name.split(".")[1] for name in imported if name.startswith("sandbox.")} == {"slack"}


@pytest.mark.processes
async def test_the_bolt_app_of_the_example_gets_the_click(tmp_path: Path, http: aiohttp.ClientSession) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    lines = [example("python").replace("3000", str(port)), "print(json.dumps(slack), flush=True)", f"app.start({port})"]
    script = tmp_path / "app.py"
    script.write_text("\n".join(lines), encoding="utf-8")
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, str(script)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(HERE.parents[1])},
    )
    assert running.stdout is not None
    try:
        slack = json.loads(await asyncio.wait_for(running.stdout.readline(), 30))
        assert sorted(column("In the line")) == sorted(slack)
        assert set(slack["installations"][0]) == set(slack) - {"slack_url", "pid", "installations"}
        client = AsyncWebClient(token=slack["bot_token"], base_url=f"{slack['slack_url']}/api/", session=http)
        control = Control(slack["slack_url"], http)
        posted = await client.chat_postMessage(channel="#approvals", text="Deploy?", blocks=card())
        click = {"user": "U0ANA", "channel": "C0APPROVALS", "ts": posted["ts"], "action_id": "approve"}

        await until(lambda: clicked(control, click))

        await until(lambda: shows(control, "Approved by <@U0ANA>"))
    finally:
        running.kill()
        await running.wait()
        os.kill(slack["pid"], signal.SIGTERM)


async def clicked(control: Control, click: dict[str, str]) -> bool:
    """Whether the app acknowledged; it may not listen yet."""
    return bool((await control.post("clicks", **click))["status"] == 200)


async def shows(control: Control, text: str) -> bool:
    return text in await control.texts("C0APPROVALS", as_="U0BOB")
