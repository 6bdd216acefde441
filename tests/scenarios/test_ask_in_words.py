"""`askbridge ask` and `wait` with answers in words: what alone stands on stdout, and with which exit status."""

import asyncio
import json
import os
import pty
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bridge.card import action_ids
from bridge.forms import codec
from tests.scenarios import program
from tests.scenarios.commands import run, start
from tests.scenarios.conftest import Serving
from tests.scenarios.program import Program
from tests.scenarios.test_ask import KEY, asking, click, settings
from tests.waiting import PATIENCE, until

pytestmark = pytest.mark.processes

TO = ("--to", "U0ANA")
WROTE = "two\nlines \x1b[31mred\x1b[0m\t\u202eback “quoted” 漢字"
DAYS = ("--option", "mon=Monday", "--option", "tue=Tuesday", "--option", "wed=Wednesday")


async def fill_in(dev: Program, id: str, choice: str, **values: object) -> None:
    """@ana opens the form of a choice and submits it with these values."""
    asked = await until(lambda: dev.get(id), lambda asked: asked["cards"][0]["ts"])
    clicked = await dev.click(asked, "U0ANA", replica=0, action_id=action_ids.open_form(choice), wait_view=3)
    entered = {codec.block_id(field): {codec.INPUT: value} for field, value in values.items()}
    report = await dev.submit(clicked["view"], entered, replica=0)
    assert (report["status"], report["response"]) == (200, None), report


async def ended(process: asyncio.subprocess.Process) -> tuple[int | None, bytes, str]:
    out, err = await asyncio.wait_for(process.communicate(), PATIENCE)
    return process.returncode, out, err.decode()


@pytest.mark.asyncio(loop_scope="session")
async def test_words_are_an_exit_status_and_what_stands_alone_on_stdout(shared: Program, tmp_path: Path) -> None:
    text = ("--text", "--suggest", "Falcon", "--decline")
    process, id = await asking(shared, *TO, what=text)
    await fill_in(shared, id, "write", text=WROTE)
    status, out, err = await ended(process)
    assert (status, out) == (0, f"{WROTE}\n".encode())
    assert 'Answered "two lines \ufffd[31mred' in err and "\x1b" not in err
    again = await start("wait", id, **settings(shared))
    assert (await ended(again))[:2] == (0, out)
    status, shown, _ = await run("show", id, **settings(shared))
    assert status == 0 and 'wrote "two lines' in shown and "\x1b" not in shown

    process, id = await asking(shared, *TO, what=text)
    await click(shared, id, action_ids.choose("suggestion:0"))
    assert (await ended(process))[:2] == (0, b"Falcon\n")

    process, id = await asking(shared, *TO, what=text)
    await click(shared, id, action_ids.choose("decline"))
    status, out, err = await ended(process)
    assert (status, out) == (1, b"") and 'Declined by "ana" (U0ANA)' in err

    process, id = await asking(shared, *TO, what=(*DAYS, "--multiple=1-2"))
    await fill_in(shared, id, "selection", options=["0", "2"])
    status, out, err = await ended(process)
    assert (status, out) == (0, b"mon\nwed\n") and 'Answered "Monday" (option mon), "Wednesday" (option wed)' in err

    process, id = await asking(shared, *TO, what=(*DAYS, "--comment", "tue"))
    await fill_in(shared, id, "tue", comment="After noon")
    status, out, err = await ended(process)
    assert (status, out) == (0, b"tue\n") and 'Their comment: "After noon".' in err

    approval = ("--approve", "--comment", "deny", "--comment", "approve=optional", "--respond", "--label", "Why?")
    process, id = await asking(shared, *TO, what=approval)
    await fill_in(shared, id, "deny", comment="Approved!")
    status, out, err = await ended(process)
    assert status == 1 and out.startswith(b"Denied by") and out.endswith(b'Their comment: "Approved!".\n')

    process, id = await asking(shared, *TO, what=approval)
    await fill_in(shared, id, "respond", comment="Approved!")
    status, out, err = await ended(process)
    assert status == 2 and out.startswith(b"Replied to without a decision") and b"neither a yes nor a no" in out

    process, id = await asking(shared, *TO, what=approval)
    await fill_in(shared, id, "approve", comment="")
    assert (await ended(process))[0] == 0

    await _with_files(shared, tmp_path)

    status, out_, err = await run("ask", "Name it", *TO, "--text", "--suggest", "Answer", **settings(shared))
    assert (status, out_) == (2, "") and '--suggest (number 1) must not look like the button "Answer"' in err
    status, out_, err = await run("ask", "Which?", *TO, *DAYS, "--multiple", "--danger", "tue", **settings(shared))
    assert (status, out_) == (2, "") and '--danger (option, number 2) cannot be used together with "multiple"' in err


async def _with_files(shared: Program, folder: Path) -> None:
    """Several questions, a form and an approval that can be edited, each from a file."""
    (folder / "questions.json").write_text(
        json.dumps(
            [
                {
                    "id": "eu",
                    "title": "In Europe?",
                    "options": [{"id": "y", "label": "Yes"}, {"id": "n", "label": "No"}],
                },
                {"id": "name", "title": "Its name"},
            ]
        )
    )
    process, id = await asking(shared, *TO, what=("--questions", str(folder / "questions.json"), "--decline"))
    await fill_in(shared, id, "answers", question_0="1", question_1=WROTE)
    status, out, err = await ended(process)
    assert (status, json.loads(out)) == (0, {"eu": {"option": "n", "label": "No"}, "name": {"text": WROTE}})
    assert out.count(b"\n") == 1 and 'Answered eu: "No" (option n); name: "two lines' in err
    again = await start("wait", id, **settings(shared))
    assert (await ended(again))[:2] == (0, out)
    status, shown, _ = await run("show", id, **settings(shared))
    assert status == 0 and 'answered eu: "No" (option n)' in shown

    (folder / "schema.json").write_text(json.dumps({"properties": {"count": {"type": "integer"}}}))
    process, id = await asking(shared, *TO, what=("--form", str(folder / "schema.json"), "--initial", '{"count": 2}'))
    await fill_in(shared, id, "fill", v0="3")
    assert (await ended(process))[:2] == (0, b'{"count": 3}\n')

    refund = ("--approve", "--action", "refund", "--argument", "amount:=89.00", "--argument", "order=4711")
    process, id = await asking(shared, *TO, what=(*refund, "--edit"))
    await fill_in(shared, id, "edit", v0="50.00")
    status, out, err = await ended(process)
    assert (status, json.loads(out)) == (0, {"amount": 50.0, "order": "4711"}) and "Approved with changes by" in err
    assert b'"amount": 50.00' in out, "with all digits"

    process, id = await asking(shared, *TO, what=(*refund, f"--edit={folder / 'schema.json'}"))
    await click(shared, id, action_ids.choose("approve"))
    status, out, err = await ended(process)
    assert (status, json.loads(out)) == (0, {"amount": 89.0, "order": "4711"})

    (folder / "list.json").write_text("[")
    for option in ("--questions", "--form", "--edit"):
        status, out_, err = await run("ask", "Now?", *TO, f"{option}={folder / 'list.json'}", **settings(shared))
        assert (status, out_) == (2, "") and "is not JSON in UTF-8" in err
    status, out_, err = await run("ask", "Now?", *TO, *refund[:3], "--edit", **settings(shared))
    assert (status, out_) == (2, "") and "--edit must have arguments that a form can show" in err


async def test_a_text_is_safe_on_a_terminal_and_unchanged_in_a_pipe(serving: Serving) -> None:
    answer: dict[str, Any] = {"decision": None, "approved": False, "text": WROTE}

    async def respond(_: web.Request) -> web.Response:
        body = {"id": "int_1", "kind": "text", "status": "answered", "message": "Answered.", "answer": answer}
        return web.json_response(body, status=201)

    arguments = ("ask", "Now?", *TO, "--text", "--url", await serving(respond), "--key", KEY)
    assert (await ended(await start(*arguments, LC_ALL="C", PYTHONUTF8="0")))[:2] == (0, f"{WROTE}\n".encode())

    screen, terminal = pty.openpty()
    try:
        process = await asyncio.create_subprocess_exec(program.COMMAND, *arguments, stdout=terminal)
        assert await asyncio.wait_for(process.wait(), program.READY_SECONDS) == 0
        seen = os.read(screen, 10_000).decode()
    finally:
        os.close(screen)
        os.close(terminal)
    assert seen.replace("\r\n", "\n") == "two\nlines ?[31mred?[0m\t?back “quoted” 漢字\n"
