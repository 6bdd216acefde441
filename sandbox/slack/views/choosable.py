"""Which people and conversations a person can choose in a select menu."""

from sandbox.slack.model import Json, Person
from sandbox.slack.world import World

_OF_PEOPLE = ("selected_user", "selected_users")
_OF_CHANNELS = ("selected_channel", "selected_channels", "selected_conversation", "selected_conversations")


def is_choosable(value: Json, *, person: Person, world: World) -> bool:
    """Whether all people of a value are known, and all its conversations are seen by this person."""
    return all(world.people.get(user) is not None for user in _ids(value, _OF_PEOPLE)) and all(
        (channel := world.channels.get(channel_id)) is not None and world.sees(person, channel)
        for channel_id in _ids(value, _OF_CHANNELS)
    )


def _ids(value: Json, names: tuple[str, ...]) -> list[str]:
    held = [value[name] for name in names if value.get(name)]
    return [id_ for one in held for id_ in (one if isinstance(one, list) else [one])]
