"""Questions that need words, while replicas of the former release get a part of their clicks and forms.

A submission that the former release closes without reading decides nothing, so each story goes on until one counts.
"""

import json
import random
from typing import Any
from urllib.parse import urlencode

import aiohttp

from bridge import ids
from bridge.card import action_ids
from bridge.forms import codec
from bridge.forms.codec import FormTarget
from tests import payloads
from tests.bridge import submissions
from tests.scenarios.beside.agent import Agent, NoAnswer
from tests.scenarios.trials.rig import APP, PEOPLE, TEAM, THIS, ReplicaProcess
from tests.waiting import pause

TRIES = 40
WORDS = ["Not now.", "Never.", "Ask Bob first."]

WITHOUT_WORDS = """
    select id
    from interactions
    where
        thing_id is null
        and status = 'answered'
        and forms ? choice
        and not answers ? choice
        and answer ->> 'comment' is null
"""
"""Answers that need words and have none."""


def body(title: str, channel: str) -> dict[str, Any]:
    """A question whose denial counts only with a comment."""
    return {
        "kind": "approval",
        "title": title,
        "to": {"channel": channel},
        "responders": {"users": PEOPLE},
        "comment": {"deny": "required"},
    }


async def deny(agent: Agent, id: str) -> None:
    """Deny in every wrong way on any replica, and submit the form until it counts or the question has ended."""
    for _ in range(TRIES):
        for payload in (_click(id, action_ids.choose("deny")), _click(id, action_ids.open_form("deny"))):
            await _send(agent, agent.replica(), payload)
        await _send(agent, agent.replica(), _submission(id))
        agent.done["submissions"] += 1
        _, resource = await agent.call("GET", f"/v1/interactions/{id}")
        if resource["status"] != "pending":
            return
        await pause(0.1)


def of_this_release(agent: Agent) -> ReplicaProcess | None:
    """A running replica of this release: the former one refuses to ask for words."""
    running = [replica for replica in agent.rig.replicas if replica.up and replica.release is THIS]
    return random.choice(running) if running else None


async def ask(agent: Agent, title: str) -> str:
    """Ask through a replica of this release; returns the id. Raises NoAnswer if none answers."""
    replica = of_this_release(agent)
    if replica is None:
        raise NoAnswer
    try:
        status, asked = await agent.rig.call(
            replica, "POST", "/v1/interactions?wait=0", body=body(title, random.choice(agent.rig.channels))
        )
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise NoAnswer from error
    if status != 201:
        raise NoAnswer
    agent.done["questions that need words"] += 1
    id: str = asked["id"]
    return id


async def _send(agent: Agent, replica: ReplicaProcess, payload: dict[str, Any]) -> None:
    try:
        status = await agent.rig.envelope(replica, urlencode({"payload": json.dumps(payload)}).encode())
    except (aiohttp.ClientError, TimeoutError):
        return
    if status not in (200, 503):
        agent.strange.append(f"{payload['type']} at {replica.name}: {status}")


def _who(payload: dict[str, Any]) -> dict[str, Any]:
    payload["user"] |= {"id": random.choice(PEOPLE), "team_id": TEAM}
    payload["trigger_id"] = ids.new().hex
    return payload | {"api_app_id": APP, "team": {"id": TEAM, "domain": "trial"}, "enterprise": None}


def _click(id: str, action_id: str) -> dict[str, Any]:
    payload = _who(payloads.load("block_actions_message"))
    payload["response_url"] = None
    payload["actions"][0] |= {"block_id": f"v1:{id}:1", "action_id": action_id}
    return payload


def _submission(id: str) -> dict[str, Any]:
    interaction = ids.decode("int", id)
    assert interaction is not None
    payload = _who(payloads.load("view_submission"))
    payload["view"] |= {
        "callback_id": codec.ANSWER,
        "private_metadata": codec.metadata(FormTarget(interaction=interaction, choice="deny")),
        "state": submissions.entered(random.choice(WORDS)),
        "app_installed_team_id": TEAM,
    }
    return payload
