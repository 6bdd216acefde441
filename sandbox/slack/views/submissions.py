"""What people do with their views: they submit and close them, and use their elements. Each tells the app."""

from collections.abc import Callable

from sandbox.slack.actions import ElementSelector
from sandbox.slack.delivery import Ack, Delivery, outcome
from sandbox.slack.errors import RefusedError
from sandbox.slack.faults import INTERACTIVITY, VIEW_CLOSED, VIEW_SUBMISSION, Faults, Kind
from sandbox.slack.model import Installation, Json
from sandbox.slack.response_urls import ResponseUrls
from sandbox.slack.views import acks, shapes, using
from sandbox.slack.views.checks import mistakes
from sandbox.slack.views.model import View
from sandbox.slack.views.stacks import Views
from sandbox.slack.views.using import Use
from sandbox.slack.world import World


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
        view, installation = self._entered(use)
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
        result = outcome(payload, told, counts=ack)
        return result | {"response": acks.response(ack), "trouble": self._acknowledged(view, ack)}

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
        view = using.used(use, views=self._views, world=self._world)
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
        return {"sent": True, **outcome(payload, told, counts=told[-1])}

    async def act(self, use: Use, wanted: ElementSelector) -> Json:
        """Use one element of a view, as a click uses one of a message; returns the payload and the acknowledgement.

        The body of the acknowledgement does nothing.
        """
        view, installation = self._entered(use)
        action = using.action(view, wanted, world=self._world)
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
        return outcome(payload, told, counts=told[-1])

    def lose(self, use: Use) -> list[str]:
        """Lose the stack of a view, as a client does that is loaded anew; returns the ids. The app is not told.

        As in Slack the views are not closed: apps can update them, and their external_ids stay in use.
        """
        return self._views.lose(using.used(use, views=self._views, world=self._world))

    def _entered(self, use: Use) -> tuple[View, Installation]:
        view = using.used(use, views=self._views, world=self._world)
        view = using.enter(view, use, views=self._views, world=self._world)
        return view, using.author(view, world=self._world)

    def _trigger(self, view: View) -> str:
        return self._views.triggers.give(
            bot_user_id=view.bot_user_id, user=view.user, view_id=view.id, channel=view.channel
        )

    def _urls(self, view: View, installation: Installation) -> list[Json]:
        """A response_url for each conversation that was chosen in an element with `response_url_enabled`."""
        urls = []
        for block_id, block in view.inputs.items():
            action_id = block["element"]["action_id"]
            value = view.values[block_id, action_id]
            chosen = value.get("selected_conversation") or value.get("selected_channel")
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
