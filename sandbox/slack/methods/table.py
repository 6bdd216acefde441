"""The table of Web API methods and their functions. A new method is one line here."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

from sandbox.slack.methods import api, blocks, chat, conversations, people, views
from sandbox.slack.methods.call import Call
from sandbox.slack.model import Json

Method: TypeAlias = Callable[[Call], Json]
OpenMethod: TypeAlias = Callable[[Json], Json]

METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "auth.test": people.auth_test,
        "auth.teams.list": people.auth_teams_list,
        "bots.info": people.bots_info,
        "users.info": people.users_info,
        "users.list": people.users_list,
        "chat.postMessage": chat.post_message,
        "chat.update": chat.update,
        "chat.delete": chat.delete,
        "chat.postEphemeral": chat.post_ephemeral,
        "chat.getPermalink": chat.get_permalink,
        "conversations.open": conversations.open_,
        "conversations.info": conversations.info,
        "conversations.list": conversations.list_,
        "conversations.history": conversations.history,
        "conversations.replies": conversations.replies,
        "views.open": views.open_,
        "views.push": views.push,
        "views.update": views.update,
    }
)

OPEN: Mapping[str, OpenMethod] = MappingProxyType({"api.test": api.test, "blocks.validate": blocks.validate})
"""The methods that need no token, and get no `Call`."""

NAMES = frozenset({*METHODS, *OPEN})
