"""New apps and their installations, as a seed file and the control API describe them."""

import secrets

from sandbox.slack import ids
from sandbox.slack.errors import RefusedError
from sandbox.slack.fields import Fields, refused
from sandbox.slack.ids import UsedIds
from sandbox.slack.installations import IdTaken
from sandbox.slack.model import App, Channel, Installation, Person
from sandbox.slack.world import World

APP = ("id", "name", "signing_secret", "request_urls")
INSTALLATION = ("app_id", "team_id", "enterprise_id", "team_ids", "scopes", "channels", "bot_user_id", "bot_token")
SCOPES = (
    "chat:write",
    "im:write",
    "users:read",
    "channels:read",
    "groups:read",
    "im:read",
    "channels:history",
    "groups:history",
    "im:history",
)
"""The scopes of an installation that names none."""

_COLOR = "4a154b"


def new_token() -> str:
    """A random bot token that Slack's clients accept, and that people recognize as one of the sandbox."""
    return f"xoxb-sandbox-{secrets.token_hex(16)}"


def new_secret() -> str:
    return secrets.token_hex(16)


def read_app(fields: Fields, *, used: UsedIds) -> App:
    return App(
        id=used.new(fields, "id", ids.APP),
        name=fields.text("name"),
        signing_secret=fields.optional_text("signing_secret") or new_secret(),
    )


def install(fields: Fields, world: World, *, used: UsedIds) -> Installation:
    """Install an app in a workspace, or in an enterprise and the named ones of its workspaces.

    The bot joins the named channels. Nothing has changed when this raises RefusedError.
    """
    installation = _read_installation(fields, world, used)
    channels = [_joinable(fields, one, installation, world) for one in fields.optional_texts("channels")]
    try:
        world.installations.install(installation)
    except IdTaken as error:
        raise ids.taken(fields, "app_id", str(error)) from None
    world.add_person(
        Person(
            id=installation.bot_user_id,
            name=installation.name,
            real_name=installation.name,
            team_id=installation.place,
            color=_COLOR,
            is_bot=True,
        )
    )
    for channel in channels:
        world.join(channel, installation.bot_user_id)
    return installation


def read_granted(fields: Fields, world: World, *, team_id: str | None, enterprise_id: str | None) -> tuple[str, ...]:
    """The workspaces of `team_ids` in which an organization-wide installation works."""
    granted = fields.optional_texts("team_ids")
    if granted and team_id is not None:
        raise refused(f"{fields.at('team_ids')} belong to an organization-wide installation")
    for wanted in granted:
        if wanted not in world.installations.workspaces:
            raise RefusedError(404, "team_not_found", f"{fields.at('team_ids')}: there is no {wanted}")
        if world.installations.enterprise_of(wanted) != enterprise_id:
            raise refused(f"{fields.at('team_ids')}: {wanted} is not in {enterprise_id}")
    return granted


def _read_installation(fields: Fields, world: World, used: UsedIds) -> Installation:
    installations = world.installations
    app_id = fields.text("app_id")
    app = installations.apps.get(app_id)
    if app is None:
        raise RefusedError(404, "app_not_found", f"{fields.at('app_id')}: there is no app {app_id}")
    team_id, enterprise_id = fields.optional_text("team_id"), fields.optional_text("enterprise_id")
    if (team_id is None) == (enterprise_id is None):
        raise fields.refused("team_id", "or enterprise_id must be there, and not both")
    if team_id is not None and team_id not in installations.workspaces:
        raise RefusedError(404, "team_not_found", f"{fields.at('team_id')}: there is no workspace {team_id}")
    if enterprise_id is not None and enterprise_id not in installations.enterprises:
        where = fields.at("enterprise_id")
        raise RefusedError(404, "enterprise_not_found", f"{where}: no workspace is in {enterprise_id}")
    granted = read_granted(fields, world, team_id=team_id, enterprise_id=enterprise_id)
    bot_user_id = used.new(fields, "bot_user_id", ids.PERSON)
    return Installation(
        app=app,
        team_id=team_id,
        enterprise_id=enterprise_id if team_id is None else installations.enterprise_of(team_id),
        bot_id=ids.BOT + bot_user_id[1:],
        bot_user_id=bot_user_id,
        bot_token=fields.optional_text("bot_token") or new_token(),
        scopes=fields.texts("scopes") if "scopes" in fields else SCOPES,
        granted=granted,
    )


def _joinable(fields: Fields, channel_id: str, installation: Installation, world: World) -> Channel:
    channel = world.channels.get(channel_id)
    if channel is None or channel.is_im or world.shared_by(channel).isdisjoint(installation.team_ids):
        sentence = f"{fields.at('channels')}: {channel_id} is no channel where {installation.id} is"
        raise RefusedError(404, "channel_not_found", sentence)
    return channel
