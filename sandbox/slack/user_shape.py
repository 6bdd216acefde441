"""A person or a bot as Slack's JSON, in `users.info` and `users.list`."""

from sandbox.slack.model import Installation, Json, Person
from sandbox.slack.shapes import pictures
from sandbox.slack.world import World

_SIZES = (24, 32, 48, 72, 192, 512)


def user(person: Person, world: World, *, seen_by: Installation) -> Json:
    """The user object. That of a deactivated person lacks the name, the time zone and the roles, as Slack's does."""
    shape: Json = {
        "id": person.id,
        "team_id": person.team_id,
        "name": person.name,
        "deleted": person.is_deleted,
        "profile": _profile(person, world),
        "is_bot": person.is_bot,
        "is_app_user": False,
        "updated": 0,
    }
    if not person.is_deleted:
        shape |= _while_active(person)
    enterprise_id = world.installations.enterprise_of(person.team_id)
    if enterprise_id is not None:
        shape["enterprise_user"] = {
            "id": person.id,
            "enterprise_id": enterprise_id,
            "enterprise_name": world.installations.enterprises[enterprise_id].name,
            "is_admin": False,
            "is_owner": False,
            "teams": list(world.teams_of(person)),
        }
    if not person.is_bot and world.installations.is_foreign(person.team_id, to=seen_by):
        shape["is_stranger"] = True
    return shape


def _while_active(person: Person) -> Json:
    """The fields of the user object that Slack leaves out for a deactivated person."""
    return {
        "color": person.color,
        "real_name": person.real_name,
        "tz": "Etc/UTC",
        "tz_label": "Coordinated Universal Time",
        "tz_offset": 0,
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": person.is_guest,
        "is_ultra_restricted": False,
        "is_email_confirmed": not person.is_bot,
        "who_can_share_contact_card": "EVERYONE",
    }


def _profile(person: Person, world: World) -> Json:
    first, _, last = person.real_name.partition(" ")
    profile: Json = {
        "title": "",
        "phone": "",
        "skype": "",
        "real_name": person.real_name,
        "real_name_normalized": person.real_name,
        "display_name": person.name,
        "display_name_normalized": person.name,
        "status_text": "",
        "status_text_canonical": "",
        "status_emoji": "",
        "status_emoji_display_info": [],
        "status_expiration": 0,
        "avatar_hash": "g" + person.id.lower(),
        "first_name": first,
        "last_name": last,
        **pictures(world, _SIZES),
        "team": person.team_id,
    }
    installation = world.installations.of_bot(person.id)
    if installation is not None:
        profile |= {"api_app_id": installation.id, "bot_id": installation.bot_id, "always_active": True}
    return profile
