"""A click as Slack sends it: the bytes of one signed request, as large as one for a card of usual size."""

import itertools
import json
import time
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from bench import wire
from bridge.card import action_ids
from bridge.slack.inbound import PATH
from sandbox.slack import signing

APP, TEAM, CHANNEL, PERSON = "A0BENCH", "T0BENCH", "C0BENCH", "U0ANA"
_numbers = itertools.count(1)


def request(url: str, interaction_id: UUID, *, secret: str) -> bytes:
    """A click on "Approve" with a trigger_id that was not used before, signed now: valid for five minutes."""
    body = urlencode({"payload": json.dumps(_payload(interaction_id, trigger=next(_numbers)))}).encode()
    headers = signing.headers(secret=secret, timestamp=int(time.time()), body=body)
    return wire.request("POST", f"{url}{PATH}", headers=headers, body=body)


def _payload(interaction_id: UUID, *, trigger: int) -> dict[str, Any]:
    block, ts = action_ids.block_id(interaction_id, 1), "1763719200.000100"
    return {
        "type": "block_actions",
        "user": {"id": PERSON, "username": "ana", "name": "ana", "team_id": TEAM},
        "api_app_id": APP,
        "token": "a-token-that-nobody-reads",
        "container": {"type": "message", "message_ts": ts, "channel_id": CHANNEL, "is_ephemeral": False},
        "trigger_id": f"{trigger}.9960000000000.5c7e0a8f3b1d42e6",
        "team": {"id": TEAM, "domain": "bench"},
        "enterprise": None,
        "is_enterprise_install": False,
        "channel": {"id": CHANNEL, "name": "approvals"},
        "message": {
            "type": "message",
            "user": "U0ASKBRIDGE",
            "bot_id": "B0ASKBRIDGE",
            "app_id": APP,
            "team": TEAM,
            "ts": ts,
            "text": "Deploy payments 4.2.0 to production?",
            "blocks": [
                *(_section(number) for number in range(6)),
                {"type": "actions", "block_id": block, "elements": [_button("approve"), _button("deny")]},
            ],
        },
        "state": {"values": {}},
        "actions": [{**_button("approve"), "block_id": block, "action_ts": "1763719200.518215"}],
    }


def _section(number: int) -> dict[str, Any]:
    text = "All 214 checks passed; 3 migrations, none of them locks; rollback takes two minutes."
    return {
        "type": "section",
        "block_id": f"b{number}",
        "text": {"type": "mrkdwn", "text": text, "verbatim": True},
    }


def _button(choice: str) -> dict[str, Any]:
    text = {"type": "plain_text", "text": choice.title(), "emoji": True}
    return {"type": "button", "action_id": action_ids.choose(choice), "text": text, "value": "1"}
