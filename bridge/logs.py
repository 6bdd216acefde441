"""Structured log events: a snake_case past tense with keys, one line per change; ids, never secrets.

structlog renders the events of our code, and the records of libraries that use `logging`, through one chain of
processors. Two of them are ours: no exception's own words are written, and no value can break a line.
"""

import json
import logging
import sys
import traceback
from pathlib import Path
from typing import TextIO
from uuid import UUID

import structlog
from structlog.dev import Column, ConsoleRenderer, KeyValueColumnFormatter, LogLevelColumnFormatter
from structlog.stdlib import BoundLogger, ProcessorFormatter
from structlog.typing import EventDict, Processor

_MAX_CHARACTERS = 300  # of one line that a library logs
_MAX_FRAMES = 4  # of a traceback in the readable form
_CHECKOUT = Path(__file__).parent.parent

_RESET, _DIM, _RED, _YELLOW = "\x1b[0m", "\x1b[2m", "\x1b[31m", "\x1b[33m"


class Log:
    """The log of one part of the bridge: `Log("cards").info("card_posted", channel="C1")`."""

    def __init__(self, part: str) -> None:
        self._logger: BoundLogger = structlog.wrap_logger(
            logging.getLogger(f"askbridge.{part}"),
            processors=[
                structlog.stdlib.filter_by_level,
                structlog.contextvars.merge_contextvars,
                ProcessorFormatter.wrap_for_formatter,
            ],
            wrapper_class=BoundLogger,
        )

    def info(self, event: str, **keys: object) -> None:
        """Log a change at INFO."""
        self._logger.info(event, **keys)

    def warning(self, event: str, **keys: object) -> None:
        """Log at WARNING: an operator may have to act."""
        self._logger.warning(event, **keys)

    def failure(self, event: str, error: BaseException, **keys: object) -> None:
        """Log an unexpected error at ERROR: its type and traceback, not its message, which may hold a token or URL."""
        self._logger.error(event, **keys, **_described(error))


def configure(*, form: str, stream: TextIO | None = None) -> None:
    """Write our log to stderr, `form` being `readable` or `json`; of libraries only warnings and above.

    Below WARNING, libraries log bodies.
    """
    out = stream or sys.stderr
    handler = logging.NullHandler() if out is None else logging.StreamHandler(out)  # None: started with stderr closed
    handler.setFormatter(formatter(form, color=out is not None and out.isatty()))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("askbridge").setLevel(logging.INFO)
    # slack_bolt's verifier logs signatures and bodies at INFO, and its parser logs bodies at ERROR.
    logging.getLogger("slack_bolt").setLevel(logging.CRITICAL)
    # While the database is unavailable, asyncpg's pool logs a traceback every second; our events log the cause once.
    logging.getLogger("asyncpg").setLevel(logging.CRITICAL)


def formatter(form: str, *, color: bool = False) -> ProcessorFormatter:
    """The formatter that turns our events and the records of libraries into lines of a form."""
    if form == "json":
        # In ASCII: no control sequence reaches a terminal that shows the log.
        rendering: list[Processor] = [_in_order, structlog.processors.JSONRenderer(default=_shown)]
    else:
        rendering = [_shorten, _in_order, _readable(color=color)]
    at = "iso" if form == "json" else "%Y-%m-%d %H:%M:%S.%f"
    return ProcessorFormatter(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt=at, utc=True, key="at"),
            _add_part,
            _remove_messages,
            ProcessorFormatter.remove_processors_meta,
            *rendering,
        ]
    )


def _readable(*, color: bool) -> ConsoleRenderer:
    """For people: one line with date, time, level, event and keys; the end of a failure's traceback below it."""
    dim, reset = (_DIM, _RESET) if color else ("", "")
    levels = {"warning": _YELLOW, "error": _RED, "critical": _RED} if color else {}
    return ConsoleRenderer(
        columns=[
            Column("at", KeyValueColumnFormatter(None, dim, reset, value_repr=str)),
            Column("level", LogLevelColumnFormatter(levels, reset, width=0)),
            Column("event", KeyValueColumnFormatter(None, "", "", value_repr=str)),
            Column("", KeyValueColumnFormatter("", "", "", value_repr=_shown)),
        ],
        sort_keys=False,
    )


def _add_part(logger: logging.Logger | None, _method: str, event: EventDict) -> EventDict:
    """Name the part of the bridge, or the library, that logs."""
    name = event["_record"].name if logger is None else logger.name
    event["part"] = name.removeprefix("askbridge.")
    if event["part"] == name:
        event["logger"] = name
    return event


def _remove_messages(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Replace an exception by its type and traceback; keep of a library's message one bounded, printable line.

    Messages of exceptions may hold tokens or URLs, and a library's message may quote what strangers sent.
    """
    _, error, _ = event.pop("exc_info", None) or (None, None, None)
    if error is not None:
        event.update(_described(error))
    if not event["_from_structlog"]:
        line = (str(event["event"]).splitlines() or [""])[0][:_MAX_CHARACTERS]
        event["event"] = line if line.isprintable() else json.dumps(line)
    return event


def _described(error: BaseException) -> dict[str, str]:
    """An exception without its message: its type, and `bridge/loops/cards.py:120 step > storage/cards.py:41 lease`."""
    frames = traceback.extract_tb(error.__traceback__)
    where = " > ".join(f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames)
    return {"error": type(error).__name__, "where": where}


def _short(filename: str) -> str:
    """A file's path below the folder that is imported from."""
    path = Path(filename)
    roots = (root for root in (_CHECKOUT, *map(Path, sys.path)) if root.is_absolute() and path.is_relative_to(root))
    return str(path.relative_to(max(roots, key=lambda root: len(root.parts), default=path.anchor)))


def _shorten(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Move the last frames of a traceback below the line; drop the part, and what is below a millisecond."""
    event.pop("part")
    event["at"] = event["at"][:-3]  # to the millisecond
    if where := event.pop("where", None):
        event["exception"] = "    " + " > ".join(where.split(" > ")[-_MAX_FRAMES:])
    return event


def _in_order(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Sort time, level, part and event first; leave out keys that do not apply."""
    first = {name: event.pop(name) for name in ("at", "level", "part", "event") if name in event}
    return first | {name: value for name, value in event.items() if value is not None}


def _shown(value: object) -> str:
    text = str(value) if isinstance(value, UUID | str) else repr(value)
    if not text.isprintable():
        return json.dumps(text)
    return json.dumps(text, ensure_ascii=False) if " " in text else text
