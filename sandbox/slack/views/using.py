"""A person's use of an open view: what their client lets them do, and what they enter."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from sandbox.slack import actions
from sandbox.slack.acting import acting
from sandbox.slack.actions import Action, ElementSelector
from sandbox.slack.element_values import Entry, by_key, held
from sandbox.slack.errors import RefusedError
from sandbox.slack.model import Installation, Json
from sandbox.slack.views.choosable import is_choosable
from sandbox.slack.views.model import Key, View
from sandbox.slack.views.stacks import Views
from sandbox.slack.world import World

Entered: TypeAlias = Mapping[Key, Entry | Json]
"""What a person enters, by block_id and action_id; an object is a value in the form of `state.values`, unchecked."""


@dataclass(frozen=True, kw_only=True)
class Use:
    """A person's use of a view on top of a stack. With `unchecked` the client checks nothing.

    `request_url` is where the payload is sent, in place of the URLs of the app.
    """

    view_id: str
    user: str
    entered: Entered = field(default_factory=dict)
    unchecked: bool = False
    request_url: str | None = None


def used(use: Use, *, views: Views, world: World) -> View:
    """The view, as the person's client shows it; raises RefusedError unless this person can use it now."""
    person = acting(world, use.user)
    view = views.find(use.view_id)
    if view is None or view.user != person.id or views.is_lost(view):
        raise RefusedError(404, "view_not_found")
    if not views.is_on_top(view):
        raise RefusedError(409, "view_is_covered", "another view lies on top of it")
    return view


def author(view: View, *, world: World) -> Installation:
    """The installation that opened the view; raises RefusedError when it is no longer installed."""
    found = world.installations.of_bot(view.bot_user_id)
    if found is None or found.revoked is not None:
        raise RefusedError(409, "app_not_installed", "the app of this view is no longer installed")
    return found


def enter(view: View, use: Use, *, views: Views, world: World) -> View:
    """The view with what the person enters; raises RefusedError for what its elements cannot hold."""
    elements = by_key(view.blocks)
    person = world.people[view.user]
    values: dict[Key, Json] = {}
    for key, entry in use.entered.items():
        value = _value(elements.get(key), entry, unchecked=use.unchecked)
        if value is None or not (use.unchecked or is_choosable(value, person=person, world=world)):
            raise RefusedError(409, "no_such_entry", f"{'/'.join(key)} of the view cannot hold this")
        values[key] = value
    return views.enter(view, values) if values else view


def action(view: View, wanted: ElementSelector, *, world: World) -> Action:
    """The use of one element that sends `block_actions`; raises RefusedError when the view has no such element."""
    found = actions.find(view.blocks, wanted, user=view.user)
    if found is None and actions.is_silent(view.blocks, wanted):
        raise RefusedError(409, "no_such_action", "without dispatch_action an input is only told when it is submitted")
    if found is None or not is_choosable(found.chosen, person=world.people[view.user], world=world):
        raise RefusedError(409, "no_such_action")
    return found


def _value(element: Json | None, entry: Entry | Json, *, unchecked: bool) -> Json | None:
    """The entry in the form of `state.values`; None when the element cannot hold it."""
    if isinstance(entry, dict):
        return entry if unchecked else None
    if element is None:
        return None
    value = held(element, entry)
    return None if value is None else {"type": element["type"], **value}
