"""The person or agent who did something to a thing, as agents are told. Pure."""

from typing import Final

from bridge.representation import status_text
from storage.model import Json

_FIELDS: Final = ("user", "name", "team", "key")


def resource(by: Json) -> Json:
    """The JSON, with the decisive fields first: a database keeps no order of names."""
    return {name: by[name] for name in _FIELDS if name in by}


def named(by: Json) -> str:
    """The name in a sentence: of the user, or of the key."""
    return status_text.person(by["user"], by.get("name")) if by.get("user") else status_text.quoted(by.get("key"))
