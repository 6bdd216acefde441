"""A file in which the messages of the sandbox are kept between starts, one change as one line of JSON.

Each change is one write, so that a killed sandbox has lost nothing but a line that it was writing. A start reads the
file and writes it anew without what was edited or deleted. Everything else, such as `response_url`s, is forgotten.
"""

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sandbox.slack.model import Channel, Json, Message
from sandbox.slack.world import World


class DamagedError(Exception):
    """The file cannot be read; the message says what to do."""


class KeptMessages:
    """The file of one world, open for appending until `close`."""

    def __init__(self, path: Path, world: World) -> None:
        """Bring the kept messages into the world, and keep every change from now on.

        Messages of people and channels that this world does not have are dropped. Raises DamagedError or OSError.
        """
        for number, change in enumerate(_changes(path), start=1):
            try:
                _apply(world, change)
            except (KeyError, TypeError, ValueError) as error:
                raise _damaged(path, number) from error
        partial = path.with_name(f"{path.name}.partial")
        partial.unlink(missing_ok=True)
        with open(partial, "x", encoding="utf-8", opener=_private) as file:
            file.writelines(_line(change) for change in _all(world))
        partial.rename(path)
        self._world = world
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        world.keep = self._append

    def close(self) -> None:
        self._world.keep = lambda _kind, _row: None
        os.close(self._file)

    def _append(self, kind: str, row: Channel | Message) -> None:
        os.write(self._file, _line(_change(kind, row)).encode())


def _changes(path: Path) -> list[Json]:
    """The changes in the file; none if there is no file. A last line without its end was cut by a kill, and dropped."""
    try:
        lines = path.read_bytes().split(b"\n")[:-1]
    except FileNotFoundError:
        return []
    changes = []
    for number, line in enumerate(lines, start=1):
        try:
            changes.append(json.loads(line))
        except (ValueError, RecursionError) as error:
            raise _damaged(path, number) from error
    return changes


def _apply(world: World, change: Json) -> None:
    kind, row = change["kind"], change["row"]
    if kind == "channel":
        channel = Channel(**{**row, "members": frozenset(row["members"])})
        if channel.members <= world.people.keys():
            world.add_channel(channel)
        return
    message = Message(**{**row, "blocks": tuple(row["blocks"]), "attachments": tuple(row["attachments"])})
    if message.channel not in world.channels or not (message.is_tombstone or message.user in world.people):
        return
    known = world.message_or_tombstone(channel=message.channel, ts=message.ts)
    if kind == "say":
        world.say(message)
    elif known is not None and kind == "edit":
        world.edit(message)
    elif known is not None and kind == "delete":
        world.delete(known)


def _all(world: World) -> list[Json]:
    """The world's direct messages and all messages, as the changes that make them."""
    channels = [_change("channel", channel) for channel in world.channels.values() if channel.is_im]
    messages = [_change("say", message) for channel in world.channels for message in world.messages(channel)]
    return channels + messages


def _change(kind: str, row: Channel | Message) -> Json:
    values: dict[str, Any] = asdict(row)
    if isinstance(row, Channel):
        values["members"] = sorted(row.members)
    return {"kind": kind, "row": values}


def _line(change: Json) -> str:
    return json.dumps(change) + "\n"


def _damaged(path: Path, number: int) -> DamagedError:
    return DamagedError(f"{path}, which holds the sandbox's messages, is damaged in line {number}. Delete this file.")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
