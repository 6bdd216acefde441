"""auth.*, bots.* and users.*: the identity of the app, and the people of its workspaces."""

from sandbox.slack import shapes, user_shape
from sandbox.slack.errors import SlackError
from sandbox.slack.methods.call import Call
from sandbox.slack.methods.paging import page
from sandbox.slack.model import Json, Person


def auth_test(call: Call) -> Json:
    """The identity behind the token. For an org-wide token the enterprise stands in the workspace's fields."""
    bot, installations = call.installation, call.world.installations
    enterprise = installations.enterprises.get(bot.enterprise_id or "")
    workspace = installations.workspaces.get(bot.team_id or "")
    inside = {} if enterprise is None else {"enterprise_id": enterprise.id}
    return {
        "url": f"{call.origin}/",
        "team": workspace.name if workspace else enterprise.name if enterprise else "",
        "user": call.bot.name,
        "team_id": bot.place,
        "user_id": bot.bot_user_id,
        "bot_id": bot.bot_id,
        "app_id": bot.id,
        **inside,
        "is_enterprise_install": bot.is_org_wide,
    }


def auth_teams_list(call: Call) -> Json:
    """The workspaces that the app was added to; for a workspace's token only this workspace."""
    found, cursor = page(call, call.world.installations.workspaces_of(call.installation), default=100)
    teams = [{"id": workspace.id, "name": workspace.name} for workspace in found]
    return {"teams": teams, "response_metadata": {"next_cursor": cursor}}


def bots_info(call: Call) -> Json:
    """The bot with this `bot_id`, if its bot user can be seen with this token."""
    team_ids = call.team_ids()
    seen = {person.id for person in call.world.people_of(team_ids)}
    for one in call.world.installations.all:
        if one.bot_id == call.arguments.get("bot") and one.bot_user_id in seen:
            return {"bot": shapes.bot(one, call.world)}
    raise SlackError("bot_not_found")


def users_info(call: Call) -> Json:
    person = call.person(call.text("user", missing="user_not_found"))
    return {"user": _user(call, person)}


def users_list(call: Call) -> Json:
    found = call.world.people_of(call.team_ids())
    members = [_user(call, person) for person in found]
    return {"members": members, "cache_ts": 0, "response_metadata": {"next_cursor": ""}}


def _user(call: Call, person: Person) -> Json:
    return user_shape.user(person, call.world, seen_by=call.installation)
