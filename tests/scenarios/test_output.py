"""Commands whose output cannot be written: a closed pipe, a full disk, a missing letter, and Ctrl-C."""

import asyncio
import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from aiohttp import web

from bridge import ids
from storage import keys, organizations
from storage.pool import Database
from tests.scenarios import program
from tests.storage import build

pytestmark = pytest.mark.processes

KEY = "askb_" + "x" * 43


@pytest.fixture(autouse=True)
def buffered(monkeypatch: pytest.MonkeyPatch) -> None:
    """As for users, whatever the shell says: what is left in a buffer the interpreter itself writes at its end."""
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)


@pytest.fixture(params=["buffered", "unbuffered"])
def buffering(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, buffered: None) -> None:
    """Both ways, where a command may fail while it writes or at its end."""
    if request.param == "unbuffered":
        monkeypatch.setenv("PYTHONUNBUFFERED", "1")


@pytest.fixture(params=["a closed pipe", "the disk is full"])
def unwritable(request: pytest.FixtureRequest) -> Iterator[int]:
    """A file that takes nothing."""
    if request.param == "a closed pipe":
        read, write = os.pipe()
        os.close(read)
    else:
        write = os.open("/dev/full", os.O_WRONLY)
    yield write
    os.close(write)


async def run(
    *arguments: str, out: int = asyncio.subprocess.PIPE, err: int = asyncio.subprocess.PIPE, **settings: str
) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        program.COMMAND, *arguments, env=os.environ | settings, stdout=out, stderr=err, start_new_session=True
    )
    said, complained = await asyncio.wait_for(process.communicate(), program.READY_SECONDS)
    assert process.returncode is not None
    assert b"Traceback" not in (complained or b"") and b"Exception ignored" not in (complained or b"")
    return process.returncode, (said or b"").decode("latin-1"), (complained or b"").decode()


@pytest.mark.usefixtures("buffering")
@pytest.mark.parametrize("command", [["keys", "--help"], ["keys", "list"]], ids=" ".join)
async def test_a_command_that_cannot_say_what_it_found_fails_in_words(
    dsn: str, db: Database, unwritable: int, command: list[str]
) -> None:
    await build.tenant(db)

    status, _, err = await run(*command, out=unwritable, ASKBRIDGE_DATABASE_URL=dsn)

    assert status == 1
    assert err == "" or err.startswith("What this command has to say cannot be written")


async def test_what_is_typed_wrongly_is_2_also_when_stderr_takes_nothing(unwritable: int) -> None:
    assert (await run("keys", "revoke", "ci", err=unwritable))[0] == 2


@pytest.mark.parametrize(
    "typed",
    [["Now?"], ["Now?", "--to", "U0ANA", "--approve", "--url", "http://127.0.0.1:1", "--key", KEY], ["--help"]],
    ids=["typed wrongly", "no bridge", "help"],
)
async def test_a_question_that_cannot_be_sent_or_shown_is_no_denial(unwritable: int, typed: list[str]) -> None:
    """1 would be a person's no."""
    assert (await run("ask", *typed, err=unwritable, out=unwritable))[0] == 2


@pytest.mark.parametrize("closed", ["1", "2"])
@pytest.mark.parametrize(
    ("typed", "expected"),
    [(["--help"], 0), (["keys", "list"], 0), (["doctor"], 1), (["ask", "Now?"], 2)],
    ids=str,
)
async def test_a_closed_stream_changes_no_status_and_what_belongs_there_goes_nowhere_else(
    dsn: str, db: Database, typed: list[str], expected: int, closed: str
) -> None:
    await build.tenant(db)

    process = await asyncio.create_subprocess_exec(
        *("/bin/sh", "-c", f'exec "$0" "$@" {closed}>&-', str(program.COMMAND), *typed),
        env=os.environ | {"ASKBRIDGE_DATABASE_URL": dsn},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    out, err = await asyncio.wait_for(process.communicate(), program.READY_SECONDS)

    assert process.returncode == expected
    assert b"Traceback" not in err and b"Exception ignored" not in err
    assert b"Usage" not in out or expected == 0


@pytest.mark.parametrize(
    ("typed", "out_unread", "err_unread"),
    [
        (("-m", "bridge", "--version"), 1, 0),
        (("-m", "bridge", "ask", "--help"), 2, 0),
        (("-m", "bridge", "nothing-like-this"), 2, 2),
        (("-m", "bridge", "ask", "Now?"), 2, 2),
        (("-m", "sandbox.slack", "--help"), 1, 0),
        (("-m", "sandbox.slack", "--wrong"), 2, 2),
    ],
    ids=str,
)
@pytest.mark.parametrize("closed", ["1", "2"])
async def test_one_stream_closed_and_the_other_unwritable_leave_a_documented_status(
    unwritable: int, typed: tuple[str, ...], out_unread: int, err_unread: int, closed: str
) -> None:
    """In a bare environment; 120 would be the interpreter's, which could not flush a stream at its end."""
    process = await asyncio.create_subprocess_exec(
        *("/bin/sh", "-c", f'exec "$0" -P "$@" {closed}>&-', sys.executable, *typed),
        env={},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=unwritable,
        stderr=unwritable,
        start_new_session=True,
    )

    assert await asyncio.wait_for(process.wait(), program.READY_SECONDS) == (
        out_unread if closed == "2" else err_unread
    )


@pytest.mark.parametrize("typed", [(), ("--help",)], ids=str)
async def test_a_sandbox_that_cannot_say_where_it_is_ends(unwritable: int, typed: tuple[str, ...]) -> None:
    process = await sandbox(*typed, out=unwritable)
    _, err = await asyncio.wait_for(process.communicate(), program.READY_SECONDS)

    assert process.returncode == 1
    assert err.decode().splitlines()[-1].startswith("What the sandbox Slack has to say cannot be written: ")
    assert b"Traceback" not in err and b"Exception ignored" not in err


async def test_a_sandbox_without_stdout_serves_and_one_without_stderr_says_nothing_on_stdout() -> None:
    serves = await sandbox(closed="1")
    assert serves.stderr is not None
    async with asyncio.timeout(program.READY_SECONDS):
        started = await serves.stderr.readline()
        os.kill(serves.pid, signal.SIGTERM)
        _, err = await serves.communicate()
        wrong = await sandbox("--wrong", closed="2")
        out, _ = await wrong.communicate()

    assert b"sandbox_started" in started and err == b"" and serves.returncode == 0
    assert (wrong.returncode, out) == (2, b"")


async def sandbox(
    *typed: str, out: int = asyncio.subprocess.PIPE, closed: str | None = None
) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *("/bin/sh", "-c", f'exec "$0" -P -m sandbox.slack "$@" {f"{closed}>&-" if closed else ""}', sys.executable),
        *typed,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=out,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )


@pytest.mark.parametrize("name", ["interactions.claim", "nothing.like-this"])
async def test_a_statement_that_cannot_be_shown_fails_in_words(unwritable: int, name: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "storage.statements", name), stdout=unwritable, stderr=asyncio.subprocess.PIPE
    )
    _, err = await asyncio.wait_for(process.communicate(), program.READY_SECONDS)

    assert (process.returncode, err.count(b"\n")) == (1, 1)
    assert err.startswith((b"The statement cannot be written: ", b"sql/*.sql has no statement nothing.like-this"))


async def test_an_approval_that_cannot_be_written_is_none_and_unread_notes_change_nothing(
    unwritable: int,
) -> None:
    asked = {
        "id": "int_1",
        "status": "answered",
        "message": "Approved by ana.",
        "answer": {"decision": "approve", "approved": True},
    }

    async def open(_: web.Request) -> web.Response:
        return web.json_response(asked | {"status": "pending", "answer": None}, status=201)  # of which a note is made

    async def answer(_: web.Request) -> web.Response:
        return web.json_response(asked)

    app = web.Application()
    app.add_routes([web.post("/v1/interactions", open), web.get("/v1/interactions/int_1", answer)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    typed = ("ask", "Now?", "--to", "U0ANA", "--approve", "--url", f"http://{host}:{port}", "--key", KEY)

    unwritten = await run(*typed, out=unwritable)
    unnoted = await run(*typed, err=unwritable)
    await runner.cleanup()

    assert unwritten[0] == 2 and "Approved by ana." in unwritten[2]
    assert unnoted[:2] == (0, "Approved by ana.\n")


async def test_a_key_that_cannot_be_printed_is_told_to_be_revoked(dsn: str, db: Database, unwritable: int) -> None:
    tenant = await build.tenant(db)

    status, _, err = await run("keys", "create", "ci", out=unwritable, ASKBRIDGE_DATABASE_URL=dsn)

    made = (await keys.of_organization(db, tenant.scope.organization_id))[-1]
    assert status == 1
    assert f"askbridge keys revoke {ids.encode('key', made.id)} --organization " in err


async def test_a_terminal_that_lacks_a_letter_shows_another(dsn: str, db: Database) -> None:
    id = ids.new()
    await organizations.create(db, organization_id=id, name="Café 猫")

    status, out, _ = await run(
        "organizations", "list", ASKBRIDGE_DATABASE_URL=dsn, PYTHONIOENCODING="latin-1", PYTHONUTF8="0"
    )

    assert status == 0
    assert "Café ?" in out


async def test_a_replica_that_cannot_say_where_it_is_ends(dsn: str, unwritable: int) -> None:
    status, _, err = await run(
        *("serve", "--json"),
        out=unwritable,
        ASKBRIDGE_DATABASE_URL=dsn,
        ASKBRIDGE_SLACK_SIGNING_SECRET="s" * 32,
        ASKBRIDGE_PORT="0",
    )

    assert status == 1
    assert "replica_stopped" in err


async def serving(
    dsn: str, *command: str, err: int | None = None, stdin: int | None = None
) -> asyncio.subprocess.Process:
    settings = {"ASKBRIDGE_DATABASE_URL": dsn, "ASKBRIDGE_SLACK_SIGNING_SECRET": "s" * 32, "ASKBRIDGE_PORT": "0"}
    return await asyncio.create_subprocess_exec(
        *command,
        env=os.environ | settings,
        stdin=stdin,
        stdout=asyncio.subprocess.PIPE,
        stderr=err,
        start_new_session=True,
    )


async def stopped(process: asyncio.subprocess.Process) -> int:
    """The status of a replica that is stopped once it has said that it serves."""
    assert process.stdout is not None
    async with asyncio.timeout(program.READY_SECONDS):
        facts = json.loads(await process.stdout.readline())
        os.kill(facts["pid"], signal.SIGTERM)
        return await process.wait()


async def test_a_replica_whose_log_is_not_taken_serves_and_stops_well(dsn: str, unwritable: int) -> None:
    process = await serving(dsn, str(program.COMMAND), "serve", "--json", err=unwritable)

    assert await stopped(process) == 0


async def test_a_replica_without_a_log_serves_and_stops_well(dsn: str) -> None:
    process = await serving(dsn, "/bin/sh", "-c", 'exec "$0" serve --json 2>&-', str(program.COMMAND))

    assert await stopped(process) == 0


async def test_the_demo_says_why_it_ends_and_nothing_more(unwritable: int) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "sandbox.demo"),
        stdout=unwritable,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    _, err = await asyncio.wait_for(process.communicate(), program.READY_SECONDS)

    assert process.returncode == 1
    assert err.startswith(b"What the demo has to say cannot be written: ") and err.count(b"\n") == 1


@pytest.mark.parametrize("command", [["serve"], ["ask", "Now?"]], ids=" ".join)
def test_ctrl_c_at_the_very_start_ends_without_a_traceback(command: list[str]) -> None:
    """While the program is still being read, which Python itself tells here; the small pipe holds it up."""
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
    read, write = os.pipe()
    fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
    arguments = [sys.executable, "-X", "importtime", "-m", "bridge", *command]
    with (
        os.fdopen(read, "rb", buffering=0) as stderr,
        subprocess.Popen(arguments, stderr=write, start_new_session=True) as process,
    ):
        signal.signal(signal.SIGINT, inherited)
        os.close(write)
        while b"aiohttp" not in (line := stderr.readline()):
            assert line, "the program ended before"
        process.send_signal(signal.SIGINT)
        rest = stderr.read()
        process.wait(program.READY_SECONDS)

    assert process.returncode == -signal.SIGINT
    assert b"Traceback" not in rest
