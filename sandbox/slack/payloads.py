"""The `block_actions` payload of a click, field by field as Slack sends it."""

from dataclasses import dataclass
from typing import Any

from sandbox.slack import shapes
from sandbox.slack.actions import Action
from sandbox.slack.model import Channel, Installation, Json, Message, Person
from sandbox.slack.world import World

VERIFICATION_TOKEN = "sandbox-verification-token"  # noqa: S105 - deprecated by Slack; apps must not rely on it
UNCHANGED: Any = object()  # marks an override that was not given; None is a value to override with


@dataclass(frozen=True, kw_only=True)
class Overrides:
    """Fields of a payload that a test replaces by untrue values."""

    user_team: str = UNCHANGED
    team: str | None = UNCHANGED
    enterprise: str | None = UNCHANGED
    api_app_id: str = UNCHANGED


NO_OVERRIDES = Overrides()


def block_actions(
    world: World,
    *,
    installation: Installation,
    person: Person,
    message: Message,
    action: Action,
    trigger_id: str,
    response_url: str,
    state: Json,
    overrides: Overrides = NO_OVERRIDES,
) -> Json:
    """The payload for a person's use of one element in a message of this installation's bot.

    The payload for an ephemeral has no `message`, only its `container`. The payload of an organization-wide
    installation has no `team`: only `user.team_id` names a workspace.
    """
    channel = world.channels[message.channel]
    team_id = installation.team_id if overrides.team is UNCHANGED else overrides.team
    enterprise_id = installation.enterprise_id if overrides.enterprise is UNCHANGED else overrides.enterprise
    payload: Json = {
        "type": "block_actions",
        "user": user(person, team_id=person.team_id if overrides.user_team is UNCHANGED else overrides.user_team),
        "api_app_id": installation.id if overrides.api_app_id is UNCHANGED else overrides.api_app_id,
        "token": VERIFICATION_TOKEN,
        "container": _container(message),
        "trigger_id": trigger_id,
        "team": team(team_id, world),
        "enterprise": enterprise(enterprise_id, world),
        "is_enterprise_install": team_id is None,
        "channel": {"id": channel.id, "name": _name(channel)},
        "message": _message(message, world),
        "state": state,
        "response_url": response_url,
        "actions": [action.as_json(action_ts=world.new_ts())],
    }
    if message.ephemeral_to is not None:
        del payload["message"]
    return payload


def user(person: Person, *, team_id: str) -> Json:
    """The person who made an interaction, with the id of a workspace."""
    return {"id": person.id, "username": person.name, "name": person.name, "team_id": team_id}


def team(team_id: str | None, world: World) -> Json | None:
    """A workspace, with its Enterprise organization if it is in one."""
    if team_id is None:
        return None
    installations = world.installations
    workspace = installations.workspaces.get(team_id)
    shape: Json = {"id": team_id, "domain": workspace.domain if workspace else team_id.lower()}
    if workspace is not None and workspace.enterprise_id is not None:
        inside = installations.enterprises[workspace.enterprise_id]
        shape |= {"enterprise_id": inside.id, "enterprise_name": inside.name}
    return shape


def enterprise(enterprise_id: str | None, world: World) -> Json | None:
    """An Enterprise organization."""
    if enterprise_id is None:
        return None
    known = world.installations.enterprises.get(enterprise_id)
    return {"id": enterprise_id, "name": known.name if known else "Sandbox org"}


def _message(message: Message, world: World) -> Json:
    shape = shapes.message(message, world)
    shape.pop("bot_profile", None)  # Slack's payload has no bot_profile, only the bot's ids
    return shape


def _container(message: Message) -> Json:
    container = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.channel,
        "is_ephemeral": message.ephemeral_to is not None,
    }
    return container | ({"thread_ts": message.thread_ts} if message.thread_ts else {})


def _name(channel: Channel) -> str:
    if channel.is_im:
        return "directmessage"
    return "privategroup" if channel.is_private else channel.name
