"""`askbridge ask` against the running program: an exit status that never takes silence for a no."""

import asyncio
import hashlib
import json
import os
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest
from aiohttp import web

from bridge.card import action_ids
from tests.scenarios import program
from tests.scenarios.commands import invoke, run, start, typed
from tests.scenarios.conftest import Serving
from tests.scenarios.program import APPROVE, DENY, Program
from tests.waiting import PATIENCE, until

pytestmark = pytest.mark.processes

REFUSED_FULL = "--full must end its lines with \\n alone, because its bytes are digested.\n"


def settings(dev: Program) -> dict[str, str]:
    return {"ASKBRIDGE_URL": dev.bridge(0), "ASKBRIDGE_KEY": dev.facts["api_key"]}


async def asking(
    dev: Program, *more: str, what: Sequence[str] = ("--approve",)
) -> tuple[asyncio.subprocess.Process, str]:
    """A command that waits for its answer, and the id of its question."""
    process = await start("ask", "Deploy 1.4?", *what, *more, **settings(dev))
    assert process.stderr is not None
    said = (await asyncio.wait_for(process.stderr.readline(), program.READY_SECONDS)).decode()
    assert "(int_" in said, said
    return process, said.split("(")[1].split(")")[0]


async def click(dev: Program, id: str, action: str) -> None:
    """@ana clicks the card of a question."""
    asked = await until(lambda: dev.get(id), lambda asked: asked["cards"][0]["ts"])
    clicked = await dev.click(asked, "U0ANA", replica=0, action_id=action)
    assert clicked["status"] == 200


@pytest.mark.asyncio(loop_scope="session")
async def test_an_answer_is_an_exit_status_and_one_line(mortal: Program) -> None:
    """Also with names of the sandbox, as JSON, and without an answer."""
    dev = mortal
    slack = ("--slack-url", dev.facts["slack_url"])

    process, id = await asking(dev, "--to", "#approvals", "--responder", "@ana", *slack)
    await click(dev, id, APPROVE)
    out, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 0
    assert out.decode().startswith('Approved by "ana" (U0ANA)') and out.decode().count("\n") == 1

    process, id = await asking(dev, "--to", "@ana", "--body", "It is *ready*.", *slack)
    await click(dev, id, DENY)
    out, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 1 and out.startswith(b'Denied by "ana"')

    options = ("--option", "staging", "--option", "eu=Production in Europe")
    process, id = await asking(dev, "--to", "@ana", *slack, what=options)
    await click(dev, id, action_ids.choose("eu"))
    out, err_ = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert (process.returncode, out) == (0, b"eu\n")
    assert b'\nAnswered "Production in Europe" (option eu) by "ana"' in err_

    status, out_, err = await run("ask", "Where?", *options, "--to", "U0ANA", "--wait", "0.5", **settings(dev))
    assert (status, out_) == (2, "") and "Waiting for an answer" in err

    status, out_, err = await run(
        "ask", "Now?", "--to", "U0ANA", "--approve", "--wait", "0.5", "--json", **settings(dev)
    )
    asked = json.loads(out_)
    assert (status, asked["status"], asked["answer"]) == (2, "pending", None)
    assert f"askbridge wait {asked['id']}" in err and dev.facts["api_key"] not in err

    status, out_, _ = await run("ask", "Now?", "--to", "C0PRIVATE", "--anyone", "--approve", **settings(dev))
    assert status == 2 and out_.startswith("Not delivered to anyone who can answer")

    process, id = await asking(dev, "--to", "U0ANA")
    os.kill(process.pid, signal.SIGINT)
    out, err_ = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 2 and b"Traceback" not in err_
    assert f"askbridge wait {id}".encode() in err_
    assert (await dev.get(id))["status"] == "pending"

    process, id = await asking(dev, "--to", "U0ANA")
    operator = {"ASKBRIDGE_DATABASE_URL": dev.facts["database_url"]}
    await typed("connections", "disable", dev.facts["connection"], **operator)
    out, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 2 and out.startswith(b"Cancelled before it was answered")
    status, _, err = await typed("connections", "enable", dev.facts["connection"], **operator)
    assert status == 0, err


@pytest.mark.asyncio(loop_scope="session")
async def test_a_file_is_sent_byte_for_byte_or_refused_by_the_name_of_its_option(
    shared: Program, tmp_path: Path
) -> None:
    file = tmp_path / "script.sql"
    file.write_bytes("-- é \u200b\n\tdrop table t;  \n".encode())
    ask = ("ask", "Now?", "--to", "U0ANA", "--approve", "--action", "psql", "--full", str(file))

    _, out, _ = await run(*ask, "--json", "--wait", "0.1", **settings(shared))
    assert json.loads(out)["action"]["full"]["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()

    file.write_bytes(b"drop table t;\r\n")
    assert await run(*ask, **settings(shared)) == (2, "", REFUSED_FULL)
    file.write_bytes(b"\xff")
    status, _, err = await run(*ask, **settings(shared))
    assert status == 2 and "is not UTF-8 (byte 0)" in err


@pytest.mark.asyncio(loop_scope="session")
async def test_numbers_keep_their_digits_on_the_way_there_and_back(shared: Program) -> None:
    numbers = ["--action", "pay", "--argument", "amount:=0.1000000000000000055", "--metadata", '{"rate": 1.50}']

    status, out_, err = await run(
        "ask", "Now?", "--to", "U0ANA", "--approve", *numbers, "--json", "--wait", "0.5", **settings(shared)
    )

    assert status == 2 and '"amount": 0.1000000000000000055' in out_ and '"rate": 1.50' in out_, err


KEY = "askb_" + "x" * 43
HERE = ["--url", "http://127.0.0.1:1", "--key", KEY]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (["Now?", "--to", "U0ANA", *HERE], "Give one of these: --approve, --option"),
        (["Now?", "--to", "U0ANA", "--approve", "--option", "a", *HERE], "Give one of these: --approve, --option"),
        (["Now?", "--to", "U0ANA", "--approve", "--text", *HERE], "Give one of these: --approve, --option"),
        (["Now?", "--to", "U0ANA", "--approve", "--comment", "deny=maybe", *HERE], "NAME=optional or NAME=required"),
        (["Now?", "--to", "U0ANA", "--option", "a", "--multiple=b", *HERE], "must have the form MIN-MAX"),
        (["Now?", "--to", "U0ANA", "--approve", "--decline", *HERE], "--decline requires --text"),
        (["Now?", "--to", "U0ANA", "--option", "a", "--option", "Roll it back", *HERE], "must begin with a name"),
        (["Now?", "--to", "U0ANA", "--option", "=b", *HERE], "must begin with a name"),
        (["Now?", "--approve", *HERE], "Missing option '--to'"),
        (["Now?", "--to", "U0ANA", "--approve", "--key", KEY], "Missing option '--url'"),
        (["Now?", "--to", "U0ANA", "--approve", "--url", "http://127.0.0.1:1"], "Missing option '--key'"),
        (["Now?", "--to", "U0ANA", "--approve", "--url", "bridge:8080", "--key", KEY], "starts with http://"),
        (["Now?", "--to", "U0ANA", "--approve", "--url", "http://127.0.0.1:1", "--key", "hush\n"], "starts with askb_"),
        (["Now?", "--to", "@ana", "--approve", *HERE], "names are known only in the sandbox"),
        (["Now?", "--to", "ana", "--approve", *HERE], "neither a Slack id"),
        (["Now?", "--to", "C0APPROVALS", "--approve", *HERE], "--responder U…, or --anyone"),
        (["Now?", "--to", "U0ANA", "--responder", "#approvals", "--approve", *HERE], "a channel, which cannot answer"),
        (["Now?", "--to", "C0APPROVALS", "--anyone", "--responder", "U0ANA", "--approve", *HERE], "either --responder"),
        (
            ["Now?", "--to", "@ana", "--approve", "--slack-url", "http://127.0.0.1:1", *HERE],
            "127.0.0.1:1 (connection refused)",
        ),
        (["Now?", "--to", "U0ANA", "--approve", "--wait", "soon", *HERE], "'soon' is not a valid duration"),
        (["Now?", "--to", "U0ANA", "--approve", "--wait", "nan", *HERE], "'nan' is not a valid duration"),
        (["Now?", "--to", "U0ANA", "--approve", "--wait", "-NaN", *HERE], "'-NaN' is not a valid duration"),
        (["Now?", "--to", "U0ANA", "--approve", "--expires-in", "59", *HERE], "range from 1m to 30d"),
        (["Now?", "--to", "U0ANA", "--approve", "--argument", "a=b", *HERE], "requires --action NAME"),
        (["Now?", "--to", "U0ANA", "--approve", "--fact", "incidents", *HERE], "must have the form NAME=VALUE"),
        (["Now?", "--to", "U0ANA", "--approve", "--action", "a", "--argument", "n:=x", *HERE], "'x' is not JSON"),
        (["Now?", "--to", "U0ANA", "--approve", "--metadata", "[]", *HERE], "must be a JSON object"),
        (["Now?", "--to", "U0ANA", "--option", "a", "--danger", "b", *HERE], "--danger b names no --option"),
        (["Now?", "--to", "U0ANA", "--approve", "--outsiders", *HERE], "--outsiders requires --responder"),
        (
            ["Now?", "--to", "U0ANA", "--approve", "--url", "http://a:hush@127.0.0.1:1", "--key", KEY],
            "without a user or a password",
        ),
        (
            ["Now?", "--to", "@ana", "--approve", "--slack-url", "http://hush@127.0.0.1:1", *HERE],
            "without a user or a password",
        ),
        (["Now?", "--to", "U0ANA", "--approve", *HERE], "cannot be reached (connection refused)"),
    ],
    ids=lambda value: None if isinstance(value, list) else value,
)
def test_wrong_use_and_an_unreachable_bridge_are_no_answer(wrong: list[str], words: str) -> None:
    status, out, err = invoke("ask", *wrong)

    assert (status, out) == (2, "")
    assert words in err and "hush" not in err


@pytest.mark.parametrize(
    ("status", "text", "words"),
    [
        (200, "<html>hello</html>", "is not an askbridge"),
        (200, '{"id": 1}', "is not an askbridge"),
        (200, "[]", "is not an askbridge"),
        (200, '{"id": "int_1\u0027; reboot; \u0027", "status": "pending", "message": ""}', "is not an askbridge"),
        (200, '{"id": "int_1", "status": "answered", "message": null}', "is not an askbridge"),
        (302, "", "is not an askbridge"),
        (422, '{"detail": "\\u001b]0;x\\u0007\\u202eno\\u009b2J\\nApproved."}', "?]0;x??no?2J Approved."),
        (401, '{"detail": "This API key is unknown or revoked."}', "unknown or revoked"),
        (422, '{"detail": "/title must not be blank."}', "TITLE must not be blank"),
        (
            422,
            '{"errors": [{"pointer": "/to/1", "message": "is"}, {"pointer": "/expires_in", "message": "is\\u001b"}]}',
            "--to (number 2) is.\n--expires-in is?.",
        ),
        (429, '{"type": "urn:askbridge:problem:rate_limited", "detail": "Too many."}', "Too many."),
        (429, '{"type": "urn:askbridge:problem:too_many_pending", "detail": "Too many."}', "Too many."),
        (503, "", "did not confirm"),
    ],
)
async def test_what_another_server_says_is_no_answer(serving: Serving, status: int, text: str, words: str) -> None:
    async def answer(_: web.Request) -> web.Response:
        headers = {"Location": "http://127.0.0.1:1/"} if status == 302 else {}
        return web.Response(status=status, text=text, headers=headers)

    url = await serving(answer)

    ended, out, err = await run("ask", "Now?", "--to", "U0ANA", "--approve", "--url", url, "--key", KEY)

    assert (ended, out) == (2, "")
    assert words in err and KEY not in err


async def test_control_sequences_of_a_server_do_not_reach_the_terminal(serving: Serving) -> None:
    answered = {"id": "int_1", "status": "answered", "answer": {"decision": "approve", "approved": True}}

    async def answer(_: web.Request) -> web.Response:
        return web.json_response({**answered, "message": "Denied by \x1b[2K\r\u202e@ana\u2028 👩\u200d💻."}, status=201)

    url = await serving(answer)
    ended, out, err = await run("ask", "Now?", "--to", "U0ANA", "--approve", "--url", url, "--key", KEY)

    assert (ended, out, err) == (0, "Denied by ?[2K ?@ana 👩\u200d💻.\n", "")


async def test_why_no_card_is_shown_yet_is_printed_before_it_waits(serving: Serving) -> None:
    waits = "Waiting for an answer. No card has been posted yet (No replica has a token)."
    asked = {"id": "int_1", "status": "pending", "message": waits, "cards": [{"ts": None, "reason": {"code": "x"}}]}
    shown = {**asked, "cards": [{"ts": "1.1", "reason": {"code": "x"}}]}

    async def answer(request: web.Request) -> web.Response:
        if request.method == "POST":
            is_shown = (await request.json())["title"] == "Shown?"
            return web.json_response(shown if is_shown else asked, status=201)
        return web.json_response({**asked, "status": "expired", "message": "Nobody answered."})

    url = await serving(answer)
    said = [
        (await run("ask", title, "--to", "U0ANA", "--approve", "--url", url, "--key", KEY))[2]
        for title in ("Now?", "Shown?")
    ]

    assert [waits in err for err in said] == [True, False]


async def test_who_may_not_wait_now_waits_a_moment_later(serving: Serving) -> None:
    """Too many of the organization wait: that says nothing about the answer."""
    asked = {"id": "int_01h2xcejqtf2nbrexx3vqjhp41", "status": "pending", "message": "Nobody has answered yet."}
    looks = iter(["too_many_open", "rate_limited", None])

    async def answer(request: web.Request) -> web.Response:
        if request.method == "POST":
            return web.json_response(asked, status=201)
        if problem := next(looks):
            return web.json_response({"type": f"urn:askbridge:problem:{problem}", "detail": "Later."}, status=429)
        return web.json_response(
            {**asked, "status": "answered", "answer": {"decision": "approve", "approved": True}, "message": "Approved."}
        )

    url = await serving(answer)
    ended, _, err = await run("ask", "Now?", "--to", "U0ANA", "--approve", "--url", url, "--key", KEY)

    assert ended == 0, err


async def test_the_key_is_sent_to_the_bridge_alone(serving: Serving) -> None:
    """The tests above would not notice a key in the address, which proxies write down."""
    seen: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        seen.extend([str(request.url), request.headers["Authorization"]])
        return web.json_response({"detail": "no"}, status=401)

    url = await serving(answer)
    await run("ask", "Now?", "--to", "U0ANA", "--approve", "--url", f"{url}/", "--key", KEY)

    assert seen == [f"{url}/v1/interactions", f"Bearer {KEY}"]


@pytest.mark.parametrize("wrapping", ["{}\n", "'{}'", '"{}"\r\n'])
def test_line_breaks_and_quotes_around_the_key_and_the_address_are_taken_off(wrapping: str) -> None:
    status, out, err = invoke(
        *("ask", "Now?", "--to", "U0ANA", "--approve"),
        ASKBRIDGE_URL=wrapping.format("http://127.0.0.1:1"),
        ASKBRIDGE_KEY=wrapping.format(KEY),
    )

    assert (status, out) == (2, "")
    assert "must be" not in err and "127.0.0.1:1" in err
