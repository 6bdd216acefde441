"""auth.* and users.*: who the app is, and who the others are."""

from sandbox.slack import shapes
from sandbox.slack.errors import SlackError
from sandbox.slack.methods.call import Call
from sandbox.slack.model import Json


def auth_test(call: Call) -> Json:
    workspace, app = call.world.workspace, call.app
    return {
        "url": f"{call.origin}/",
        "team": workspace.name,
        "user": call.world.people[app.bot_user_id].name,
        "team_id": workspace.id,
        "user_id": app.bot_user_id,
        "bot_id": app.bot_id,
        "app_id": app.id,
        "is_enterprise_install": False,
    }


def auth_teams_list(call: Call) -> Json:
    workspace = call.world.workspace
    teams = [{"id": workspace.id, "name": workspace.name}]
    return {"teams": teams, "response_metadata": {"next_cursor": ""}}


def users_info(call: Call) -> Json:
    person = call.world.people.get(call.text("user", missing="user_not_found"))
    if person is None:
        raise SlackError("user_not_found")
    return {"user": shapes.user(person)}


def users_list(call: Call) -> Json:
    members = [shapes.user(person) for person in call.world.people.values()]
    return {"members": members, "cache_ts": 0, "response_metadata": {"next_cursor": ""}}
