"""Structured log events: a snake_case past tense with keys, one line per change; ids, never secrets."""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any, TextIO
from uuid import UUID

_MAX_CHARACTERS = 300  # of one line that a library logs

_RESET, _DIM, _RED = "\x1b[0m", "\x1b[2m", "\x1b[31m"


class Log:
    """The log of one part of the bridge: `Log("cards").info("card_posted", channel="C1")`."""

    def __init__(self, part: str) -> None:
        self._logger = logging.getLogger(f"askbridge.{part}")

    def info(self, event: str, **keys: object) -> None:
        """Log a change at INFO."""
        self._logger.info(event, extra={"keys": keys})

    def warning(self, event: str, **keys: object) -> None:
        """Log at WARNING: an operator may have to act."""
        self._logger.warning(event, extra={"keys": keys})

    def failure(self, event: str, error: BaseException, **keys: object) -> None:
        """Log an unexpected error at ERROR: its type and traceback, not its message, which may hold a token or URL."""
        where = _traceback(error)
        self._logger.error(event, extra={"keys": {**keys, "error": type(error).__name__}, "where": where})


class Readable(logging.Formatter):
    """For people: one line with time, event and keys; the traceback of a failure below it."""

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
    """For machines: one JSON object a line."""

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
        return json.dumps(line, default=_shown)  # in ASCII: no control sequence reaches a terminal that shows the log


def configure(*, form: str, stream: TextIO | None = None) -> None:
    """Write our log to stderr, `form` being `readable` or `json`; of libraries only warnings and above.

    Below WARNING, libraries log bodies.
    """
    out = stream or sys.stderr
    handler = logging.NullHandler() if out is None else logging.StreamHandler(out)  # None: started with stderr closed
    handler.setFormatter(Json() if form == "json" else Readable(color=out is not None and out.isatty()))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("askbridge").setLevel(logging.INFO)
    # slack_bolt's verifier logs signatures and bodies at INFO, and its parser logs bodies at ERROR.
    logging.getLogger("slack_bolt").setLevel(logging.CRITICAL)
    # While the database is unavailable, asyncpg's pool logs a traceback every second; our events log the cause once.
    logging.getLogger("asyncpg").setLevel(logging.CRITICAL)


def _event(record: logging.LogRecord) -> str:
    """The event: ours as it is; of a library's message the first line, escaped, as it may quote foreign text."""
    line = (record.getMessage().splitlines() or [""])[0][:_MAX_CHARACTERS]
    return line if line.isprintable() else json.dumps(line)


def _where(record: logging.LogRecord) -> str:
    where = getattr(record, "where", None)
    return where if isinstance(where, str) else _traceback(record.exc_info[1] if record.exc_info else None)


def _traceback(error: BaseException | None) -> str:
    """The traceback without the message of the exception."""
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
