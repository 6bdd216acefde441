"""The only codec of the ids in a form, version 1.

A form outlives the replica that opened it and may outlive its release, so these strings are read by later releases.
They carry ids only, never rights: every request about a form is checked again.

- `callback_id`: `v1:answer` for a form that answers, `v1:full` for the pages of a full text.
- `private_metadata`: JSON with the interaction, the choice (or the page), and the message of the card and its thread.
- `action_id` of the button that goes back a page of a form: `v1:back`.
- `action_id` of a button that shows another page: `v1:page:<page>`, counted from 0.
- `block_id` of an input: `f<version>_<field>`. Slack keeps what was typed while `block_id` and `action_id` stay.
"""

import json
import re
from dataclasses import dataclass
from uuid import UUID

from bridge import ids

ANSWER = "v1:answer"
FULL = "v1:full"
BACK = "v1:back"
INPUT = "v1:input"  # the action_id of every input; one block holds one
FORM_VERSION = 1  # of the layout; another version never reads the inputs of this one
_BLOCK = re.compile(r"f([1-9][0-9]{0,3})_([a-z][a-z0-9_]{0,99})")
_PAGE = re.compile(r"v1:page:(0|[1-9][0-9]{0,2})")
_FORM = re.compile(r"(?:[0-9a-f]{2}){8,64}")
MAX_METADATA = 3_000  # characters: Slack's limit


@dataclass(frozen=True, slots=True, kw_only=True)
class FormTarget:
    """What a form is about. Its rights are checked again: a signed app of another organization can write any target."""

    interaction: UUID
    choice: str | None = None  # None: the pages of a full text
    channel: str | None = None
    ts: str | None = None
    thread_ts: str | None = None  # set if the card is in a thread
    page: int = 0
    form: bytes | None = None  # the claim id of the click that opened a form of several pages
    is_turned: bool = False  # a page of it was sent, or left by Back, so that something is kept of it


def metadata(target: FormTarget) -> str:
    """The `private_metadata` of a form."""
    written = {
        "v": 1,
        "interaction": ids.encode("int", target.interaction),
        "choice": target.choice,
        "channel": target.channel,
        "ts": target.ts,
        "thread": target.thread_ts,
        "page": target.page or None,
        "form": target.form.hex() if target.form else None,
        "turned": target.is_turned or None,
    }
    return json.dumps({name: value for name, value in written.items() if value is not None}, separators=(",", ":"))


def target(written: object) -> FormTarget | None:
    """Read a `private_metadata`; None for one that `metadata` did not write."""
    if not isinstance(written, str) or len(written) > MAX_METADATA:
        return None
    try:
        read = json.loads(written)
    except (ValueError, RecursionError):
        return None
    if not isinstance(read, dict) or type(read.get("v")) is not int or read["v"] != 1:
        return None
    interaction = ids.decode("int", _text(read, "interaction") or "")
    page = read.get("page", 0)
    if interaction is None or type(page) is not int or not 0 <= page < 1000:
        return None
    return FormTarget(
        interaction=interaction,
        choice=_text(read, "choice"),
        channel=_text(read, "channel"),
        ts=_text(read, "ts"),
        thread_ts=_text(read, "thread"),
        page=page,
        form=_bytes(read),
        is_turned=read.get("turned") is True,
    )


def page_action(page: int) -> str:
    """The `action_id` of the button that shows this page."""
    return f"v1:page:{page}"


def page_of(action: object) -> int | None:
    """The page that an `action_id` shows; None for one that `page_action` did not make."""
    match = _PAGE.fullmatch(action) if isinstance(action, str) else None
    return int(match[1]) if match else None


def block_id(field: str) -> str:
    """The `block_id` of a field's input."""
    return f"f{FORM_VERSION}_{field}"


def field_of(block: object) -> str | None:
    """The field whose input has this `block_id`; None for one of another version or of another app."""
    version, field = _input(block)
    return field if version == FORM_VERSION else None


def is_input(block: str) -> bool:
    """Whether this is the `block_id` of an input of any version."""
    return _input(block)[0] > 0


def is_later(block: object) -> bool:
    """Whether this is the `block_id` of an input of a later version, which only a later release can read."""
    return _input(block)[0] > FORM_VERSION


def _input(block: object) -> tuple[int, str]:
    """The version and the field of a `block_id`; version 0 for one of another app."""
    match = _BLOCK.fullmatch(block) if isinstance(block, str) else None
    return (int(match[1]), match[2]) if match else (0, "")


def external_id(claim_id: bytes) -> str:
    """The `external_id` of the form that the click with this claim id opened, by which any replica can update it."""
    return f"v1:{claim_id.hex()}"


def _bytes(read: dict[str, object]) -> bytes | None:
    written = _text(read, "form") or ""
    return bytes.fromhex(written) if _FORM.fullmatch(written) else None


def _text(read: dict[str, object], name: str) -> str | None:
    value = read.get(name)
    storable = isinstance(value, str) and 0 < len(value) <= 255 and "\x00" not in value and value.isprintable()
    return value if storable and isinstance(value, str) else None
