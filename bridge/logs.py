"""Log events: a snake_case past tense and its keys, one line per thing that changed; ids, never secrets."""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any, TextIO
from uuid import UUID

_LONGEST = 300  # characters of one line of a library

_RESET, _DIM, _RED = "\x1b[0m", "\x1b[2m", "\x1b[31m"


class Log:
    """The log of one part of the house: `Log("cards").info("card_posted", channel="C1")`."""

    def __init__(self, part: str) -> None:
        self._logger = logging.getLogger(f"askbridge.{part}")

    def info(self, event: str, **keys: object) -> None:
        """Something changed."""
        self._logger.info(event, extra={"keys": keys})

    def warning(self, event: str, **keys: object) -> None:
        """Somebody should know."""
        self._logger.warning(event, extra={"keys": keys})

    def failure(self, event: str, error: BaseException, **keys: object) -> None:
        """Something unexpected went wrong. What an exception says may hold a token or an address: only where it was."""
        where = _traceback(error)
        self._logger.error(event, extra={"keys": {**keys, "error": type(error).__name__}, "where": where})


class Readable(logging.Formatter):
    """For people: time, event, keys; where it happened below."""

    def __init__(self, *, color: bool) -> None:
        super().__init__()
        self._color = color

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S.%f")[:-3]
        event = _event(record)
        keys = " ".join(f"{name}={_shown(value)}" for name, value in _keys(record).items())
        where = _where(record)
        if self._color:
            at = f"{_DIM}{at}{_RESET}"
            event = f"{_RED}{event}{_RESET}" if record.levelno >= logging.WARNING else event
        return f"{at} {event}{' ' if keys else ''}{keys}" + (f"\n{where}" if where else "")


class Json(logging.Formatter):
    """For machines: one object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "part": record.name.removeprefix("askbridge."),
            "event": _event(record),
            **_keys(record),
        }
        if where := _where(record):
            line["where"] = where
        return json.dumps(line, default=_shown)  # in ASCII: no reader of logs can be told to do anything


def configure(*, form: str, stream: TextIO | None = None) -> None:
    """Write our log to stderr, `readable` or `json`; of libraries only warnings: their details hold bodies."""
    out = stream or sys.stderr
    handler = logging.NullHandler() if out is None else logging.StreamHandler(out)  # None: started with it closed
    handler.setFormatter(Json() if form == "json" else Readable(color=out is not None and out.isatty()))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("askbridge").setLevel(logging.INFO)
    # At INFO the library's verifier writes signatures and bodies, at ERROR its parser writes bodies.
    logging.getLogger("slack_bolt").setLevel(logging.CRITICAL)
    # Of a database that is away its pool tells every second, and where in the library; our events tell once, and why.
    logging.getLogger("asyncpg").setLevel(logging.CRITICAL)


def _event(record: logging.LogRecord) -> str:
    """Our events are plain words; a library's first line may quote a stranger, and those below it an exception."""
    line = (record.getMessage().splitlines() or [""])[0][:_LONGEST]
    return line if line.isprintable() else json.dumps(line)


def _where(record: logging.LogRecord) -> str:
    where = getattr(record, "where", None)
    return where if isinstance(where, str) else _traceback(record.exc_info[1] if record.exc_info else None)


def _traceback(error: BaseException | None) -> str:
    """Where it happened, without what was said."""
    return "".join(traceback.format_tb(error.__traceback__)).rstrip() if error else ""


def _keys(record: logging.LogRecord) -> dict[str, object]:
    keys: dict[str, object] = dict(getattr(record, "keys", {}))
    if not record.name.startswith("askbridge."):
        keys["logger"] = record.name
    if record.exc_info and record.exc_info[1]:
        keys["error"] = type(record.exc_info[1]).__name__
    return {name: value for name, value in keys.items() if value is not None}


def _shown(value: object) -> str:
    text = str(value) if isinstance(value, UUID | str) else repr(value)
    if not text.isprintable():
        return json.dumps(text)
    return json.dumps(text, ensure_ascii=False) if " " in text else text
