"""What people do with their views: they submit and close them, and use their elements. Each tells the app."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sandbox.slack import actions
from sandbox.slack.acting import acting
from sandbox.slack.actions import Action, ElementSelector
from sandbox.slack.delivery import Ack, Delivery
from sandbox.slack.element_values import Entry, held, stateful
from sandbox.slack.errors import RefusedError
from sandbox.slack.faults import INTERACTIVITY, VIEW_CLOSED, VIEW_SUBMISSION, Faults, Kind
from sandbox.slack.model import Installation, Json
from sandbox.slack.response_urls import ResponseUrls
from sandbox.slack.views import acks, shapes
from sandbox.slack.views.checks import mistakes
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


class Submissions:
    """Acts on views as any person. Raises RefusedError for what the person's client would not let them do."""

    def __init__(
        self,
        *,
        world: World,
        views: Views,
        faults: Faults,
        response_urls: ResponseUrls,
        delivery: Delivery,
        origin: Callable[[], str],
    ) -> None:
        self._world = world
        self._views = views
        self._faults = faults
        self._response_urls = response_urls
        self._delivery = delivery
        self._origin = origin
        self._pending: set[str] = set()  # the ids of views whose submission is not acknowledged yet

    async def submit(self, use: Use) -> Json:
        """Submit a view and do what the app acknowledges with; returns the payload and the acknowledgement."""
        view = self._entered(self._used(use), use)
        installation = self._author(view)
        if view.content["submit"] is None and not use.unchecked:
            raise RefusedError(409, "no_submit", "this view has no button to submit it")
        if not use.unchecked and (fields := mistakes(view)):
            raise RefusedError(422, "invalid_input", "the client does not submit this", fields=fields)
        if view.id in self._pending:
            raise RefusedError(409, "being_submitted", "the view waits for the acknowledgement of a submission")
        view = self._views.show(view)
        self._pending.add(view.id)
        try:
            payload, told = await self._submitted(view, installation, request_url=use.request_url)
        finally:
            self._pending.discard(view.id)
        ack = told[-1]
        return _outcome(payload, *told) | {"response": acks.response(ack), "trouble": self._acknowledged(view, ack)}

    async def _submitted(
        self, view: View, installation: Installation, *, request_url: str | None
    ) -> tuple[Json, list[Ack]]:
        """The last payload that was sent, and every acknowledgement; the last is the one that counts."""
        fault = self._faults.take(VIEW_SUBMISSION, INTERACTIVITY, channels=())
        is_stale = fault is not None and fault.kind is Kind.STALE_STATE
        payload = shapes.submission(
            shapes.view(view, self._views, self._world, values=view.earlier_values if is_stale else None),
            of=view,
            world=self._world,
            trigger_id=self._trigger(view),
            response_urls=self._urls(view, installation),
        )
        told = await self._delivery.deliver(payload, app=installation.app, fault=fault, request_url=request_url)
        if fault is not None and fault.kind is Kind.REPEATED:
            payload = {**payload, "trigger_id": self._trigger(view)}
            told += await self._delivery.deliver(payload, app=installation.app, request_url=request_url)
        return payload, told

    def _acknowledged(self, view: View, ack: Ack) -> str | None:
        """Do what the acknowledgement says, unless the view was closed meanwhile; returns what Slack complains of."""
        now = self._views.find(view.id)
        if now is None:
            return None
        try:
            acks.apply(ack, view=now, views=self._views)
        except acks.UnusableError:
            self._views.show(now, has_trouble=True)
            return acks.TROUBLE
        return None

    async def close(self, use: Use, *, clear: bool) -> Json:
        """Close a view as Cancel does, or with `clear` its whole stack as X does.

        The app is told only with `notify_on_close`: of the view, or of the root of the stack.
        """
        view = self._used(use)
        is_cleared = clear or view.content["clear_on_close"]
        subject = (self._views.find(view.root_id) if is_cleared else view) or view
        shape = shapes.view(subject, self._views, self._world)
        payload = shapes.closed(shape, of=subject, world=self._world, is_cleared=is_cleared)
        if is_cleared:
            self._views.clear(view)
        else:
            self._views.close(view)
        installation = self._world.installations.of_bot(view.bot_user_id)
        if not subject.content["notify_on_close"] or installation is None or installation.revoked is not None:
            return {"sent": False, "status": None, "ack_ms": None}
        fault = self._faults.take(VIEW_CLOSED, INTERACTIVITY, channels=())
        told = await self._delivery.deliver(payload, app=installation.app, fault=fault, request_url=use.request_url)
        return {"sent": True, **_outcome(payload, *told)}

    async def act(self, use: Use, wanted: ElementSelector) -> Json:
        """Use one element of a view, as a click uses one of a message; returns the payload and the acknowledgement.

        The body of the acknowledgement does nothing.
        """
        view = self._entered(self._used(use), use)
        installation = self._author(view)
        action = _action(view, wanted)
        if not is_choosable(action.chosen, person=self._world.people[view.user], world=self._world):
            raise RefusedError(409, "no_such_action", "this person cannot choose that")
        if action.entry is not None:
            key = (action.block_id, action.element["action_id"])
            view = self._views.enter(view, {key: {"type": action.element["type"], **action.chosen}})
        payload = shapes.block_actions(
            shapes.view(view, self._views, self._world),
            of=view,
            world=self._world,
            trigger_id=self._trigger(view),
            action=action,
        )
        fault = self._faults.take(INTERACTIVITY, channels=())
        told = await self._delivery.deliver(payload, app=installation.app, fault=fault, request_url=use.request_url)
        return _outcome(payload, *told)

    def _used(self, use: Use) -> View:
        person = acting(self._world, use.user)
        view = self._views.find(use.view_id)
        if view is None or view.user != person.id:
            raise RefusedError(404, "view_not_found")
        if not self._views.is_on_top(view):
            raise RefusedError(409, "view_is_covered", "another view lies on top of it")
        return view

    def _author(self, view: View) -> Installation:
        author = self._world.installations.of_bot(view.bot_user_id)
        if author is None or author.revoked is not None:
            raise RefusedError(409, "app_not_installed", "the app of this view is no longer installed")
        return author

    def _entered(self, view: View, use: Use) -> View:
        elements = {(block_id, element["action_id"]): element for block_id, element in stateful(view.blocks)}
        person = self._world.people[view.user]
        values: dict[Key, Json] = {}
        for key, entry in use.entered.items():
            value = _value(elements.get(key), entry, unchecked=use.unchecked)
            if value is None or not (use.unchecked or is_choosable(value, person=person, world=self._world)):
                raise RefusedError(409, "no_such_entry", f"{'/'.join(key)} of the view cannot hold this")
            values[key] = value
        return self._views.enter(view, values) if values else view

    def _trigger(self, view: View) -> str:
        return self._views.triggers.give(
            bot_user_id=view.bot_user_id, user=view.user, view_id=view.id, channel=view.channel
        )

    def _urls(self, view: View, installation: Installation) -> list[Json]:
        """A response_url for each conversation that was chosen in an element with `response_url_enabled`."""
        urls = []
        for block_id, block in view.inputs.items():
            action_id = block["element"]["action_id"]
            chosen: Any = view.values[block_id, action_id].get("selected_conversation")
            if block["element"].get("response_url_enabled") and chosen:
                path = self._response_urls.give(channel=chosen, ts=None, clicker=view.user, installation=installation)
                urls.append(
                    {
                        "block_id": block_id,
                        "action_id": action_id,
                        "channel_id": chosen,
                        "response_url": self._origin() + path,
                    }
                )
        return urls


def _value(element: Json | None, entry: Entry | Json, *, unchecked: bool) -> Json | None:
    """The entry in the form of `state.values`; None when the element cannot hold it."""
    if isinstance(entry, dict):
        return entry if unchecked else None
    if element is None:
        return None
    value = held(element, entry)
    return None if value is None else {"type": element["type"], **value}


def _action(view: View, wanted: ElementSelector) -> Action:
    found = actions.find(view.blocks, wanted, user=view.user)
    if found is None and actions.is_silent(view.blocks, wanted):
        raise RefusedError(409, "no_such_action", "without dispatch_action an input is only told when it is submitted")
    if found is None:
        raise RefusedError(409, "no_such_action")
    return found


def _outcome(payload: Json, *told: Ack) -> Json:
    ack = told[-1]
    outcome: Json = {
        "status": ack.status,
        "ack_ms": ack.ms,
        "error": ack.error,
        "request_url": ack.request_url,
        "payload": payload,
        "request": ack.request,
        "answer": ack.answer,
    }
    return outcome | ({"statuses": [one.status for one in told]} if len(told) > 1 else {})
