"""The log: one event a line, without secrets, and safe to read on a terminal whatever was logged."""

import io
import json
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
import structlog

from bridge import logs
from bridge.logs import Log

SECRET = "xoxb-hunter2"
HOSTILE = [
    "a\nb",
    "a\r\nevent_forged x=1",
    "\x1b[2J\x1b]0;title\x07",
    "\x9b31m",
    "\u2028line",
    "\u202egnp",
    "a b",
    "\udcff",
]


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Restore the logging of the process."""
    root, handlers, level = logging.getLogger(), logging.getLogger().handlers[:], logging.getLogger().level
    yield
    root.handlers[:], root.level = handlers, level
    logging.getLogger("askbridge").setLevel(logging.NOTSET)
    logging.getLogger("slack_bolt").setLevel(logging.NOTSET)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def written(form: str, *, on: io.StringIO | None = None) -> io.StringIO:
    stream = on or io.StringIO()
    logs.configure(form=form, stream=stream)
    return stream


def test_a_line_says_when_what_and_with_which_keys() -> None:
    stream = written("readable")
    Log("cards").info("card_posted", channel="C0A", id=UUID(int=1), number=3, none=None, words="two words …")

    date, time, line = stream.getvalue().split(" ", 2)
    assert datetime.fromisoformat(f"{date}T{time}+00:00") <= datetime.now(UTC)
    assert line == (
        '[info] card_posted channel=C0A id=00000000-0000-0000-0000-000000000001 number=3 words="two words …"\n'
    )


def test_a_json_line_is_one_object() -> None:
    stream = written("json")
    Log("cards").warning("card_put_off", channel="C0A", id=UUID(int=1), seconds=1.5, none=None, words="é\n")
    line = json.loads(stream.getvalue())

    assert datetime.fromisoformat(line.pop("at")).tzinfo is UTC
    assert line == {
        "level": "warning",
        "part": "cards",
        "event": "card_put_off",
        "channel": "C0A",
        "id": "00000000-0000-0000-0000-000000000001",
        "seconds": 1.5,
        "words": "é\n",
    }


@pytest.mark.parametrize("form", ["readable", "json"])
@pytest.mark.parametrize("value", HOSTILE)
def test_no_value_can_break_a_line_or_move_a_cursor(form: str, value: str) -> None:
    stream = written(form)
    Log("agents").info("it_happened", said=value, listed=[value], nested={"a": value})
    logging.getLogger("aiohttp.server").warning("Error handling %s", value)

    lines = stream.getvalue().removesuffix("\n").split("\n")
    assert len(lines) == 2
    assert all(line.isprintable() and line.isascii() for line in lines)


def failed(said: str, *, because: Exception | None = None) -> Exception:
    def fail() -> None:
        raise ValueError(said) from because

    try:
        fail()
    except ValueError as error:
        return error
    raise AssertionError


@pytest.mark.parametrize("form", ["readable", "json"])
def test_a_failure_says_where_and_never_what_was_said(form: str) -> None:
    stream = written(form)

    for error in (failed(SECRET), failed(SECRET, because=failed(SECRET))):
        Log("loops").failure("loop_failed", error, loop="cards")

    assert SECRET not in stream.getvalue()
    assert re.search(r"tests/bridge/test_logs.py:\d+ failed > tests/bridge/test_logs.py:\d+ fail\b", stream.getvalue())
    assert "error=ValueError" in stream.getvalue() or '"error": "ValueError"' in stream.getvalue()


@pytest.mark.parametrize("form", ["readable", "json"])
def test_a_library_s_failure_says_as_little(form: str) -> None:
    stream = written(form)
    error = failed(SECRET, because=failed(SECRET))
    logging.getLogger("aiohttp.server").error("Unhandled exception", exc_info=error)
    logging.getLogger("asyncio").error("Task exception was never retrieved\nfuture: <Task exception=%r>", SECRET)

    assert SECRET not in stream.getvalue()
    assert "Unhandled exception" in stream.getvalue() and "ValueError" in stream.getvalue()
    assert "aiohttp.server" in stream.getvalue()
    assert "Task exception was never retrieved" in stream.getvalue()


def test_what_libraries_tell_of_their_work_is_not_written() -> None:
    stream = written("readable")
    for name in ("slack_bolt", "slack_bolt.App", "slack_sdk.web", "aiohttp.access", "asyncpg"):
        logging.getLogger(name).info("body: %s", SECRET)
        logging.getLogger(name).debug("body: %s", SECRET)
    logging.getLogger("slack_bolt").error("Failed to parse %s", SECRET)

    assert stream.getvalue() == ""


def test_colours_are_for_terminals_only() -> None:
    terminal, plain = written("readable", on=Terminal()), io.StringIO()
    Log("app").warning("database_awaited")
    assert "[\x1b[33mwarning\x1b[0m] database_awaited" in terminal.getvalue()

    written("readable", on=plain)
    Log("app").warning("database_awaited")
    assert "\x1b" not in plain.getvalue()


def test_configuring_again_does_not_write_twice() -> None:
    written("json")
    stream = written("json")
    Log("app").info("replica_started")

    assert stream.getvalue().count("replica_started") == 1


def test_every_line_of_a_stranger_s_flood_is_bounded() -> None:
    stream = written("readable")
    logging.getLogger("aiohttp.server").error("x" * 100_000)

    assert len(stream.getvalue()) < 500


def test_a_long_traceback_is_one_line_and_its_end_below_a_readable_one() -> None:
    def deep(calls: int) -> None:
        if not calls:
            raise ValueError(SECRET)
        deep(calls - 1)

    for form, lines, frames in (("json", 1, 31), ("readable", 2, 4)):
        stream = written(form)
        try:
            deep(30)
        except ValueError as error:
            Log("loops").failure("loop_failed", error)

        assert len(stream.getvalue().splitlines()) == lines
        assert stream.getvalue().count(" deep") == frames


def test_a_line_carries_what_was_bound_to_its_task() -> None:
    stream = written("json")
    with structlog.contextvars.bound_contextvars(request="req_1"):
        Log("agents").info("interaction_created")
    Log("agents").info("interaction_created")

    assert [json.loads(line).get("request") for line in stream.getvalue().splitlines()] == ["req_1", None]
