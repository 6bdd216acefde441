"""What Slack sends, one file per shape, and the bytes it arrives in.

`slash_command` and `ssl_check` hold form fields, `url_verification` and `event_callback` JSON bodies; each of the
others is the JSON in a form's `payload`.
"""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

_HERE = Path(__file__).parent
_FORMS = {"slash_command", "ssl_check"}
_BODIES = {"url_verification", "event_callback"}

INTERACTION = "int_01je7nwysafgyswkttddy8v7gf"
"""The interaction that every click here is about."""


def names() -> list[str]:
    return sorted(file.stem for file in _HERE.glob("*.json"))


def load(name: str) -> Any:
    """Give a fresh copy of a payload, to be changed at will."""
    return json.loads((_HERE / f"{name}.json").read_text(encoding="utf-8"))


def body(name: str) -> bytes:
    """Give the bytes of a request's body as Slack would send this shape."""
    if name in _FORMS:
        return urlencode(load(name)).encode()
    return json.dumps(load(name)).encode() if name in _BODIES else form(load(name))


def form(payload: object) -> bytes:
    """Give the body that carries `payload` as interactivity does."""
    return form_text(json.dumps(payload))


def form_text(text: str | bytes) -> bytes:
    """Give the body that carries `text`, whatever it is, where a payload belongs."""
    return urlencode({"payload": text}).encode()
