"""Builds the card loop of a replica with other arguments than the replica's own."""

from typing import Any

from bridge.loops.cards import Cards
from bridge.slack.people import People
from tests.bridge.replica import Replica


def build(replica: Replica, **arguments: Any) -> Cards:
    parts: dict[str, Any] = {
        "db": replica.db,
        "reader": replica.reader,
        "installations": replica.installations,
        "expected": replica.expected,
        "message_cache": replica.message_cache,
        "notifier": replica.notifier,
        "people": People(replica.installations),
        "form_notices": replica.parts.form_notices,
        "metrics": replica.metrics,
    }
    return Cards(**parts | arguments)
