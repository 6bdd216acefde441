"""`askbridge show`, `wait`, `list`, `cancel` and `receipt` against the running program."""

import asyncio
import json
import os
import signal

import pytest
from aiohttp import web

from tests.scenarios import program
from tests.scenarios.commands import invoke, run, start, typed
from tests.scenarios.conftest import Serving
from tests.scenarios.program import APPROVE, Program
from tests.waiting import PATIENCE, until

pytestmark = pytest.mark.processes

UNKNOWN = "int_01m7z04rdhezbagyb328at4zq0"


@pytest.mark.asyncio(loop_scope="session")
async def test_a_question_is_asked_found_waited_for_reported_on_and_shown(shared: Program) -> None:
    """Commands that can be interrupted are processes of their own."""
    settings = {"ASKBRIDGE_URL": shared.bridge(0), "ASKBRIDGE_KEY": shared.facts["api_key"]}
    asked = ("ask", "Deploy 1.4?", "--to", "U0ANA", "--approve", "--wait", "0", "--json")
    more = ("--run", "7", "--tag", "deploy", "--expires-in", "1h", "--idempotency-key", "deploy-7")

    first, again = [await run(*asked, *more, **settings) for _ in range(2)]
    id = json.loads(first[1])["id"]
    assert first[0] == again[0] == 2 and json.loads(again[1])["id"] == id

    status, out, err = await typed("list", "--run", "7", "--status", "pending", **settings)
    assert (status, err) == (0, "") and out.splitlines()[1].startswith(f"{id}  approval  pending")
    status, out, _ = await typed("list", "--tag", "nothing", **settings)
    assert (status, out) == (0, "")

    process = await start("wait", id, **settings)
    assert process.stderr is not None
    lines = [await asyncio.wait_for(process.stderr.readline(), program.READY_SECONDS) for _ in range(2)]
    assert lines[0].startswith(b"card: http") and lines[1].startswith(b"waiting until ")
    card = await until(lambda: shared.get(id), lambda asked: asked["cards"][0]["ts"])
    assert (await shared.click(card, "U0ANA", replica=0, action_id=APPROVE))["status"] == 200
    waited, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 0 and waited.startswith(b'Approved by "ana" (U0ANA)')

    status, _, err = await typed("cancel", id, "--reason", "Too late.", **settings)
    assert status == 1 and "Traceback" not in err and err

    status, out, _ = await typed("receipt", id, "succeeded", "--summary", "Deployed.", **settings)
    assert (status, out) == (0, f"{id}: reported as succeeded\n")
    status, _, err = await typed("receipt", id, "succeeded", "--link", "ftp://x", **settings)
    assert status == 1 and err.startswith("--link ")

    status, out, _ = await typed("show", id, **settings)
    assert status == 0 and out.startswith(f"{id}  approval  answered\n") and "Deployed." in out
    status, out, _ = await typed("show", id, "--json", **settings)
    assert status == 0 and json.loads(out)["timeline"]

    status, _, err = await typed("show", UNKNOWN, **settings)
    assert status == 1 and err
    status, out, _ = await run("wait", UNKNOWN, **settings)
    assert (status, out) == (2, "")

    status, out, _ = await run("ask", "Now?", "--to", "U0ANA", "--approve", "--wait", "0", "--json", **settings)
    open_id = json.loads(out)["id"]
    process = await start("wait", open_id, **settings)
    assert process.stderr is not None
    while not (await asyncio.wait_for(process.stderr.readline(), program.READY_SECONDS)).startswith(b"waiting"):
        pass
    os.kill(process.pid, signal.SIGINT)
    _, err_ = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 2 and f"askbridge wait {open_id}".encode() in err_

    status, out, _ = await typed("cancel", open_id, "--reason", "Called off.", **settings)
    assert status == 0 and out.startswith("Cancelled before it was answered")
    status, out, _ = await run("wait", open_id, **settings)
    assert status == 2 and out.startswith("Cancelled")


@pytest.mark.parametrize("command", ["show", "wait", "cancel", "list", "receipt"])
def test_a_bridge_that_is_not_there_is_named(command: str) -> None:
    arguments = {"list": [], "receipt": [UNKNOWN, "failed"]}.get(command, [UNKNOWN])
    here = ["--url", "http://127.0.0.1:1", "--key", "askb_" + "x" * 43]

    status, out, err = invoke(command, *arguments, *here)

    assert (status, out) == (2 if command == "wait" else 1, "")
    assert "http://127.0.0.1:1 cannot be reached (connection refused)" in err


HOSTILE = "\x1b[2K\u202e\x9b2J\r"


@pytest.mark.parametrize("command", ["show", "list", "wait", "cancel"])
async def test_control_sequences_of_another_server_do_not_reach_the_terminal(serving: Serving, command: str) -> None:
    interaction = {
        "id": UNKNOWN,
        "kind": "choice" if command == "wait" else HOSTILE,
        "status": "answered" if command == "wait" else HOSTILE,
        "message": HOSTILE,
        "answer": {"option": HOSTILE},
        "created_at": HOSTILE,
        "title": HOSTILE,
        "cards": [{"status": HOSTILE, "channel": HOSTILE, "reason": {"detail": HOSTILE, "fix": HOSTILE}}],
    }
    timeline = {"message": "", "items": [{"at": HOSTILE, "message": HOSTILE}]}

    async def answer(request: web.Request) -> web.Response:
        if request.path == "/v1/interactions":
            return web.json_response({"items": [interaction], "next_cursor": None})
        return web.json_response(timeline if request.path.endswith("/timeline") else interaction)

    arguments = [] if command == "list" else [UNKNOWN]
    here = ("--url", await serving(answer), "--key", "askb_" + "x" * 43)
    status, out, err = await (run if command == "wait" else typed)(command, *arguments, *here)

    assert status == 0
    assert "?[2K??2J" in out
    assert all(character.isprintable() or character == "\n" for character in out + err)


@pytest.mark.parametrize("command", ["show", "list", "wait", "cancel"])
async def test_another_server_is_not_taken_for_a_bridge(serving: Serving, command: str) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"items": ["hello"], "id": 7})

    arguments = [] if command == "list" else [UNKNOWN]
    status, out, err = await (run if command == "wait" else typed)(
        command, *arguments, "--url", await serving(answer), "--key", "askb_" + "x" * 43
    )

    assert (status, out) == (2 if command == "wait" else 1, "")
    assert "is not an askbridge" in err


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (["show", "7"], "is not an id such as int_"),
        (["wait", UNKNOWN, "--wait", "1w"], "is not a valid duration, such as 90, 90s, 15m, 1h or 2d"),
        (["list", "--status", "open"], "'open' is not one of"),
        (["list", "--limit", "0"], "0 is not in the range"),
        (["receipt", UNKNOWN, "done"], "'done' is not one of"),
        (["cancel"], "Missing argument 'ID'"),
    ],
)
def test_what_is_typed_wrongly_is_told_in_words(typed: list[str], words: str) -> None:
    status, out, err = invoke(*typed, "--url", "http://127.0.0.1:1", "--key", "askb_" + "x" * 43)

    assert (status, out) == (2, "") and words in err
