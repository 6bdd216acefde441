"""Which channel a name means, and which channels a call may mean."""

from typing import Any

from sandbox.slack.model import Channel, Installation, Json
from sandbox.slack.world import World, dm_id


def named(name: str, *, world: World, installation: Installation) -> Channel | None:
    """The channel with this name, with or without #, that the bot sees. An organization-wide token knows no names."""
    if installation.is_org_wide:
        return None
    bot, name = world.people[installation.bot_user_id], name.removeprefix("#")
    for channel in world.channels.values():  # the name first: each call of the Web API comes here
        is_named = channel.name == name and not channel.is_im
        if is_named and installation.place in world.shared_by(channel) and world.sees(bot, channel):
            return channel
    return None


def channels_meant(arguments: Json, *, world: World, installation: Installation | None) -> frozenset[str]:
    """The channel ids a call may mean: the given one, that of the given name, and a person's direct message."""
    given: Any = arguments.get("channel")
    if not isinstance(given, str):
        return frozenset()
    if installation is None:
        return frozenset({given})
    channel = named(given, world=world, installation=installation)
    return frozenset({given, dm_id(given, installation.bot_user_id), *([channel.id] if channel else [])})
