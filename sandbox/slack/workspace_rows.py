"""New workspaces with their people and channels, as a seed file and the control API describe them."""

import re

from sandbox.slack import ids
from sandbox.slack.errors import RefusedError
from sandbox.slack.fields import Fields
from sandbox.slack.ids import UsedIds
from sandbox.slack.model import Channel, Enterprise, Person, Workspace

WORKSPACE = ("id", "name", "domain", "enterprise", "people", "channels")
ENTERPRISE = ("id", "name")
PERSON = ("id", "name", "real_name", "team_id", "color", "is_guest", "is_deleted")
CHANNEL = ("id", "name", "members", "is_private", "is_archived", "is_ext_shared")
_COLORS = ("9f69e7", "4bbe2e", "e7392d", "3c989f", "d58247")


def read_enterprise(fields: Fields) -> Enterprise | None:
    """The Enterprise organization of a workspace; the same one may be named by several."""
    inner = fields.inner("enterprise", known=ENTERPRISE)
    if inner is None:
        return None
    return Enterprise(id=ids.read(inner, "id", ids.ENTERPRISE), name=inner.optional_text("name") or "Sandbox org")


def read_workspace(fields: Fields, enterprise: Enterprise | None, *, used: UsedIds) -> Workspace:
    name = fields.text("name")
    return Workspace(
        id=used.new(fields, "id", ids.TEAM),
        name=name,
        domain=fields.optional_text("domain") or re.sub(r"[^a-z0-9]+", "-", name.lower()),
        enterprise_id=None if enterprise is None else enterprise.id,
    )


def read_people(fields: Fields, workspace: Workspace, *, used: UsedIds) -> list[Person]:
    each = enumerate(fields.each("people", known=PERSON))
    return [_person(one, number, workspace, used) for number, one in each]


def read_channels(fields: Fields, workspace: Workspace, *, known: set[str], used: UsedIds) -> list[Channel]:
    """The channels of a workspace. Their members are people of `known`."""
    return [_channel(one, workspace, known, used) for one in fields.each("channels", known=CHANNEL)]


def _person(fields: Fields, number: int, workspace: Workspace, used: UsedIds) -> Person:
    color = fields.optional_text("color") or _COLORS[number % len(_COLORS)]
    if not re.fullmatch("[0-9a-f]{6}", color):
        raise fields.refused("color", "must be six hexadecimal digits")
    return Person(
        id=used.new(fields, "id", ids.PERSON),
        name=fields.text("name"),
        real_name=fields.optional_text("real_name") or fields.text("name").capitalize(),
        team_id=workspace.id if fields.optional_text("team_id") is None else ids.read(fields, "team_id", ids.TEAM),
        color=color,
        is_guest=fields.flag("is_guest"),
        is_deleted=fields.flag("is_deleted"),
    )


def _channel(fields: Fields, workspace: Workspace, known: set[str], used: UsedIds) -> Channel:
    members = frozenset(fields.optional_texts("members"))
    if strange := sorted(members - known):
        raise RefusedError(404, "user_not_found", f"{fields.at('members')}: no person has the id {', '.join(strange)}")
    return Channel(
        id=used.new(fields, "id", ids.CHANNEL),
        name=fields.text("name"),
        members=members,
        team_id=workspace.id,
        is_private=fields.flag("is_private"),
        is_archived=fields.flag("is_archived"),
        is_ext_shared=fields.flag("is_ext_shared"),
    )
