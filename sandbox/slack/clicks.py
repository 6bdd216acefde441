"""Clicks of a person: checks that the person sees the element, sends the payload, and records the acknowledgement."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sandbox.slack import actions, payloads
from sandbox.slack.acting import acting
from sandbox.slack.actions import Action, ElementSelector
from sandbox.slack.delivery import Ack, Delivery, outcome
from sandbox.slack.element_values import Entry, by_key, held
from sandbox.slack.entries import Entries, older_values
from sandbox.slack.errors import RefusedError
from sandbox.slack.faults import INTERACTIVITY, Faults
from sandbox.slack.model import Installation, Json, Message, Person
from sandbox.slack.payloads import Overrides
from sandbox.slack.response_urls import ResponseUrls
from sandbox.slack.views.triggers import Triggers
from sandbox.slack.world import World


@dataclass(frozen=True, kw_only=True)
class Click:
    """One click: the person, the message, the element, and how the payload is delivered.

    `entries` is what the person has entered elsewhere in the message since, by block_id and action_id.
    `stale` is the element as the person's client still showed it, used when the message no longer has the element;
    `entries` may then name menus beside it.
    """

    user: str
    channel: str
    ts: str
    wanted: ElementSelector | None
    stale: Json | None = None
    entries: Mapping[tuple[str, str], Entry] = field(default_factory=dict)
    overrides: Overrides = payloads.NO_OVERRIDES
    request_url: str | None = None
    repeat: int = 1
    delay: float = 0.0


class Clicks:
    """Makes clicks as any person. Each click has its own payload and response_url; the last hundred are kept."""

    def __init__(
        self,
        *,
        world: World,
        faults: Faults,
        response_urls: ResponseUrls,
        triggers: Triggers,
        delivery: Delivery,
        origin: Callable[[], str],
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._world = world
        self._faults = faults
        self._response_urls = response_urls
        self._triggers = triggers
        self._delivery = delivery
        self._origin = origin
        self._changed = changed
        self._entries = Entries()
        self._made = 0
        self._recent: deque[Json] = deque(maxlen=100)

    async def click(self, click: Click) -> Json:
        """Deliver the click; returns its payload and acknowledgement.

        Raises RefusedError when the person cannot see the message or the element, or no installed app wrote it.
        """
        person, message = self._seen(click)
        installation = self._author(message)
        action = _action(message, click)
        older = _shown_before(click, message, action)
        entries = {key: entry for key, entry in click.entries.items() if key not in older}
        _check(entries, message)
        self._entries.enter(message, user=person.id, entries={**entries, **_entered(action)})
        state = self._entries.state(message, user=person.id)
        state["values"] |= older_values(older)
        payload = payloads.block_actions(
            self._world,
            installation=installation,
            person=person,
            message=message,
            action=action,
            state=state,
            trigger_id=self._triggers.give(
                bot_user_id=installation.bot_user_id, user=person.id, channel=message.channel
            ),
            response_url=self._origin()
            + self._response_urls.give(
                channel=message.channel, ts=message.ts, clicker=person.id, installation=installation
            ),
            overrides=click.overrides,
        )
        fault = self._faults.take(INTERACTIVITY, channels=(message.channel,))
        await asyncio.sleep(click.delay)
        acks = await self._delivery.deliver(
            payload,
            app=installation.app,
            times=click.repeat,
            fault=fault,
            request_url=click.request_url,
        )
        return self._remembered(click, payload, acks)

    def _seen(self, click: Click) -> tuple[Person, Message]:
        person = acting(self._world, click.user)
        channel = self._world.channels.get(click.channel)
        if channel is None or not self._world.sees(person, channel):
            raise RefusedError(404, "channel_not_found")
        message = self._world.message(channel=channel.id, ts=click.ts)
        if message is None or message.ephemeral_to not in (None, person.id):
            raise RefusedError(404, "message_not_found")
        return person, message

    def _author(self, message: Message) -> Installation:
        """The installation whose bot wrote the message: a click goes to its app and to no other."""
        author = self._world.installations.of_bot(message.user)
        if author is None:
            raise RefusedError(409, "no_such_action", "no app wrote this message")
        if author.revoked is not None:
            raise RefusedError(409, "app_not_installed", f"{author.id} is no longer installed in {author.place}")
        return author

    def _remembered(self, click: Click, payload: Json, acks: list[Ack]) -> Json:
        result = outcome(payload, acks, counts=acks[0])
        self._made += 1
        kept = {"n": self._made, "at": time.time(), "user": click.user, "channel": click.channel, "ts": click.ts}
        self._recent.append(kept | result)
        self._changed()
        return result

    def recent(self, *, limit: int) -> list[Json]:
        """The last clicks, at most `limit`, oldest first, each with the requests that its response_url received."""
        last = list(self._recent)[-limit:]
        return [click | {"replies": self._response_urls.used(click["payload"]["response_url"])} for click in last]


def _action(message: Message, click: Click) -> Action:
    found = actions.find(message.blocks, click.wanted, user=click.user) if click.wanted is not None else None
    if found is not None:
        return found
    if click.stale is not None:
        return actions.from_older_rendering(click.stale)
    if click.wanted is not None and actions.is_silent(message.blocks, click.wanted):
        raise RefusedError(
            409, "no_such_action", "without dispatch_action an input is only told with another click: `state`"
        )
    there = actions.action_ids(message.blocks, user=click.user)
    raise RefusedError(409, "no_such_action", f"the message has: {', '.join(there) or 'none'}")


def _shown_before(click: Click, message: Message, action: Action) -> Mapping[tuple[str, str], Entry]:
    """What was entered beside a clicked element whose block only an older rendering of the message has."""
    if any(block.get("block_id") == action.block_id for block in message.blocks):
        return {}
    return {key: entry for key, entry in click.entries.items() if key[0] == action.block_id}


def _entered(action: Action) -> Mapping[tuple[str, str], Entry]:
    return {} if action.entry is None else {(action.block_id, action.element["action_id"]): action.entry}


def _check(entries: Mapping[tuple[str, str], Entry], message: Message) -> None:
    """Raise RefusedError unless the message has an element for each entry that can hold it."""
    elements = by_key(message.blocks)
    for key, entry in entries.items():
        if key not in elements or held(elements[key], entry) is None:
            raise RefusedError(409, "no_such_entry", f"{'/'.join(key)} of the message cannot hold this")
