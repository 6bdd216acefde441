"""A click and a sent form as Slack sends them: the bytes of one signed request, for a card of usual size."""

import hashlib
import itertools
import json
import time
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from bench import typed, wire
from bridge.card import action_ids
from bridge.forms import codec, view
from bridge.forms.codec import FormTarget
from bridge.forms.form import Form, TextField
from bridge.kinds.form.choices import FILL
from bridge.slack.inbound import PATH
from sandbox.slack import signing

_TS = "1763719200.000100"
_FORM = Form(title="Deny", fields=[TextField(id="comment", label="Comment")], submit="Deny")
APP, TEAM, CHANNEL, PERSON = "A0BENCH", "T0BENCH", "C0BENCH", "U0ANA"
_numbers = itertools.count(1)


def request(
    url: str,
    interaction_id: UUID,
    *,
    secret: str,
    opens: bool = False,
    choice: str = "approve",
    value: str = "",
) -> bytes:
    """A click on a choice with a trigger_id that was not used before, signed now: valid for five minutes.

    With `opens` it is a click on "Deny", which opens a form. `value` is that of the buttons, as a thing's have one.
    """
    payload = _payload(interaction_id, opens=opens, trigger=next(_numbers), choice=choice, value=value)
    return _signed(url, payload, secret=secret)


def submission(url: str, interaction_id: UUID, *, secret: str) -> bytes:
    """The form of "Deny", sent with a comment."""
    target = FormTarget(interaction=interaction_id, choice="deny", channel=CHANNEL, ts=_TS)
    sent = {"type": "plain_text_input", "value": "Not before the backup of 02:00."}
    return _submission(url, _FORM, target, {codec.block_id("comment"): {codec.INPUT: sent}}, secret=secret)


def last_page(url: str, interaction_id: UUID, *, secret: str) -> bytes:
    """The last page of the form with 20 inputs, sent with what was entered on it."""
    page, values = typed.last_page()
    target = FormTarget(
        interaction=interaction_id,
        choice=FILL,
        channel=CHANNEL,
        ts=_TS,
        page=page,
        form=opened_by(interaction_id),
        is_turned=True,
    )
    return _submission(url, typed.FORM, target, values, secret=secret)


def opened_by(interaction_id: UUID) -> bytes:
    """The claim id of the click that opened the form of an interaction."""
    return hashlib.sha256(interaction_id.bytes).digest()


def _submission(url: str, form: Form, target: FormTarget, values: dict[str, Any], *, secret: str) -> bytes:
    number = next(_numbers)
    drawn = view.modal(
        form,
        question="Deploy payments 4.2.0 to production?",
        target=target,
        external_id=codec.external_id(number.to_bytes(32)),
    )
    payload = {
        **_who(),
        "type": "view_submission",
        "trigger_id": _trigger(number),
        "view": {
            **drawn,
            "id": f"V0{number}",
            "team_id": TEAM,
            "state": {"values": values},
            "hash": "1763719200.abcdefgh",
            "root_view_id": f"V0{number}",
            "app_id": APP,
            "app_installed_team_id": TEAM,
            "bot_id": "B0ASKBRIDGE",
        },
        "response_urls": [],
    }
    return _signed(url, payload, secret=secret)


def _signed(url: str, payload: dict[str, Any], *, secret: str) -> bytes:
    body = urlencode({"payload": json.dumps(payload)}).encode()
    headers = signing.headers(secret=secret, timestamp=int(time.time()), body=body)
    return wire.request("POST", f"{url}{PATH}", headers=headers, body=body)


def _who() -> dict[str, Any]:
    return {
        "user": {"id": PERSON, "username": "ana", "name": "ana", "team_id": TEAM},
        "api_app_id": APP,
        "token": "a-token-that-is-never-read",
        "team": {"id": TEAM, "domain": "bench"},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def _trigger(number: int) -> str:
    return f"{number}.9960000000000.5c7e0a8f3b1d42e6"


def _payload(interaction_id: UUID, *, opens: bool, trigger: int, choice: str, value: str) -> dict[str, Any]:
    block, ts = action_ids.block_id(interaction_id, 1), _TS
    deny = action_ids.open_form("deny") if opens else action_ids.choose("deny")
    approving, denying = (
        _button(label, action, value) for label, action in (("Approve", action_ids.choose(choice)), ("Deny", deny))
    )
    return {
        **_who(),
        "type": "block_actions",
        "container": {"type": "message", "message_ts": ts, "channel_id": CHANNEL, "is_ephemeral": False},
        "trigger_id": _trigger(trigger),
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
                {"type": "actions", "block_id": block, "elements": [approving, denying]},
            ],
        },
        "state": {"values": {}},
        "actions": [{**(denying if opens else approving), "block_id": block, "action_ts": "1763719200.518215"}],
    }


def _section(number: int) -> dict[str, Any]:
    text = "All 214 checks passed; 3 migrations, none of them locks; rollback takes two minutes."
    return {
        "type": "section",
        "block_id": f"b{number}",
        "text": {"type": "mrkdwn", "text": text, "verbatim": True},
    }


def _button(label: str, action: str, value: str) -> dict[str, Any]:
    text = {"type": "plain_text", "text": label, "emoji": True}
    return {"type": "button", "action_id": action, "text": text, **({"value": value} if value else {})}
