"""Views as Slack's JSON, and the payloads that Slack sends about them."""

from sandbox.slack import payloads
from sandbox.slack.actions import Action
from sandbox.slack.model import Installation, Json
from sandbox.slack.views.model import Values, View, state
from sandbox.slack.views.stacks import Views
from sandbox.slack.world import World

# The content of a view, in the order of Slack's JSON.
_BEFORE_STATE = ("type", "blocks", "private_metadata", "callback_id")
_AFTER_STATE = ("title", "clear_on_close", "notify_on_close", "close", "submit")


def view(view: View, views: Views, world: World, *, values: Values | None = None) -> Json:
    """The view as in every answer of views.* and in payloads; with `values` another state than the view has."""
    installation = _installation(view, world)
    return {
        "id": view.id,
        "team_id": _team_id(view, installation, world),
        **{name: view.content[name] for name in _BEFORE_STATE},
        "state": state(view.values if values is None else values),
        "hash": view.hash,
        **{name: view.content[name] for name in _AFTER_STATE},
        "previous_view_id": views.previous(view),
        "root_view_id": view.root_id,
        "app_id": installation.id,
        "external_id": view.external_id,
        "app_installed_team_id": installation.place,
        "bot_id": installation.bot_id,
    }


def submission(view_: Json, *, of: View, world: World, trigger_id: str, response_urls: list[Json]) -> Json:
    """The `view_submission` payload."""
    return {
        "type": "view_submission",
        **_common(of, world),
        "trigger_id": trigger_id,
        "view": view_,
        "response_urls": response_urls,
    }


def closed(view_: Json, *, of: View, world: World, is_cleared: bool) -> Json:
    """The `view_closed` payload, whose state has no input blocks."""
    other = {key: value for key, value in of.values.items() if key[0] not in of.inputs}
    return {
        "type": "view_closed",
        **_common(of, world),
        "view": {**view_, "state": state(other)},
        "is_cleared": is_cleared,
    }


def block_actions(view_: Json, *, of: View, world: World, trigger_id: str, action: Action) -> Json:
    """The `block_actions` payload of an element in a view: no message, channel or response_url, state in the view."""
    return {
        "type": "block_actions",
        **_common(of, world),
        "container": {"type": "view", "view_id": of.id},
        "trigger_id": trigger_id,
        "view": view_,
        "actions": [action.as_json(action_ts=world.new_ts())],
    }


def _common(view: View, world: World) -> Json:
    """The fields of every payload about a view. Workspace and organization are those of the person.

    For a person inside an organization-wide installation there is no workspace. The installation is found by
    `view.app_installed_team_id`.
    """
    installation, person = _installation(view, world), world.people[view.user]
    is_outsider = world.installations.is_foreign(person.team_id, to=installation)
    is_inside_org = installation.is_org_wide and not is_outsider
    team_id = None if is_inside_org else _team_id(view, installation, world)
    enterprise_id = installation.enterprise_id if team_id is None else world.installations.enterprise_of(team_id)
    return {
        "team": payloads.team(team_id, world),
        "enterprise": payloads.enterprise(enterprise_id, world),
        "is_enterprise_install": installation.is_org_wide,
        "user": payloads.user(person, team_id=person.team_id),
        "api_app_id": installation.id,
        "token": payloads.VERIFICATION_TOKEN,
    }


def _team_id(view: View, installation: Installation, world: World) -> str:
    """The person's workspace; for a person whose home is the organization itself a workspace of the installation."""
    home = world.people[view.user].team_id
    is_organization = home in world.installations.enterprises
    return next(iter(installation.team_ids), home) if is_organization else home


def _installation(view: View, world: World) -> Installation:
    installation = world.installations.of_bot(view.bot_user_id)
    if installation is None:
        raise LookupError(f"{view.id} was opened by no bot")
    return installation
