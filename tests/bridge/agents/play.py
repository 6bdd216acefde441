"""Plays the exchanges of docs/api.md with a real server, as a reader does who copies them."""

import asyncio
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from bridge import ids
from bridge.forms.form import Submitted
from bridge.kinds.registry import KINDS
from storage import cards
from storage.model import Card, Handle, Json
from tests.bridge.agents.door import Door, Reply
from tests.bridge.agents.reference import Request, Response, Stage
from tests.storage import build, card_moves

_ID = re.compile(r"\b(?:int|rec|inc|fix|wrk|upd|cur|con|evt|whe)_[0-9a-z]{26}\b")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z")
_SECRET = re.compile(r"whsec_[0-9A-Za-z+/]{43}=")
_CURSOR = re.compile(r"cur_[0-9A-Za-z_-]{32,120}")  # of values, among which are times
_CLICK = re.compile(r"(\w+) (approves|denies|chooses (\S+)) (?:in (\S+) )?on (int_\w+|the last)")
_SUBMIT = re.compile(r"(\w+) submits (\S+) with (\{.*\}) on the last")
_REST = "…"  # a field of this name stands for those that are not shown
NOT_IN_CHANNEL = {
    "code": "not_in_channel",
    "detail": "C0PRIVATE: Slack said not_in_channel.",
    "fix": "Invite the app to the channel: type /invite and its name there.",
}


@dataclass(kw_only=True)
class Player:
    """One reader of the page. Ids differ in each run: `known` maps each id of the page to the id of this run."""

    door: Door
    known: dict[str, str] = field(default_factory=dict)  # id on the page -> id here
    _numbers: int = 0

    async def play(self, steps: Iterable[Request | Response | Stage]) -> int:
        """Send every request, and compare each response with the page; return the number of responses."""
        pending: asyncio.Task[Reply] | None = None
        answers = 0
        for step in steps:
            match step:
                case Request():
                    assert pending is None, f"the page has no response to the request before {step.path}"
                    pending = asyncio.create_task(self._send(step))
                case Stage(what):
                    if pending is not None:
                        await self._until_it_waits(pending)
                    await self._do(what)
                case Response():
                    assert pending is not None, "a response without a request"
                    reply, pending = await asyncio.wait_for(pending, timeout=30), None
                    self._compare(step, reply)
                    answers += 1
        assert pending is None
        return answers

    async def _until_it_waits(self, pending: asyncio.Task[Reply]) -> None:
        """Return once the request waits for a click; a request that ends without waiting contradicts the page."""
        waiting = asyncio.create_task(self.door.waiting())
        await asyncio.wait({pending, waiting}, timeout=30, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        assert not pending.done(), pending.result().raw

    async def _send(self, request: Request) -> Reply:
        sent = {"json": self._here(request.body)} if request.body is not None else {}
        return await self.door.call(request.method, self._here(request.path), headers=request.headers, **sent)

    def _compare(self, said: Response, reply: Reply) -> None:
        assert said.status in {None, reply.status}, reply.raw
        self._same(said.body, reply.json, at="")
        assert {name: reply.headers.get(name) for name in said.headers} == self._here(said.headers)

    def _same(self, said: Any, here: Any, *, at: str) -> None:
        match said:
            case dict():
                shown = {name: value for name, value in said.items() if name != _REST}
                assert shown.keys() <= here.keys() and (len(shown) < len(said) or shown.keys() == here.keys()), at
                for name, value in shown.items():
                    self._same(value, here[name], at=f"{at}/{name}")
            case list():
                assert len(said) == len(here), at
                for place, value in enumerate(said):
                    self._same(value, here[place], at=f"{at}/{place}")
            case str():
                for mine, theirs in zip(_ID.findall(said), _ID.findall(here), strict=True):
                    assert self.known.setdefault(mine, theirs) == theirs, at
                assert _plain(self._here(said)) == _plain(here), at
            case _:
                assert said == here, at

    def _here(self, said: Any) -> Any:
        """A value of the page with the ids of this run."""
        match said:
            case str():
                return _ID.sub(lambda found: self.known.get(found[0], found[0]), said)
            case dict():
                return {name: self._here(value) for name, value in said.items()}
            case list():
                return [self._here(value) for value in said]
        return said

    async def _do(self, what: str) -> None:
        if what == "the card appears":
            await self._post()
        elif what == "Slack refuses":
            for card in await self._due():
                await cards.give_up(self.door.db, card, reason=NOT_IN_CHANNEL, event_id=ids.new())
                self.door.notifier.interaction_changed(card.organization_id, card.interaction_id)
        elif found := _SUBMIT.fullmatch(what):
            await self._submit(found[1], found[2], json.loads(found[3]))
        elif found := _CLICK.fullmatch(what):
            await self._click(*found.groups())
        else:
            raise AssertionError(what)

    async def _due(self) -> list[Card]:
        """The due cards that are not posted yet; due cards that only need an edit are edited."""
        leased = await cards.lease(self.door.db, [self.door.tenant.scope], kinds=KINDS, limit=20)
        for card in leased:
            if card.ts:
                await card_moves.edit(self.door.db, card)
        return sorted((card for card in leased if not card.ts), key=lambda card: card.ordinal)

    async def _post(self) -> None:
        """Post all due cards before any request is woken, so that the order of reads does not matter."""
        due = await self._due()
        for card in due:
            self._numbers += 1
            channel = card.address.get("channel") or f"D0{card.address['user'][2:]}"
            where = Handle(channel=channel, ts=f"1795255500.{self._numbers:06}")
            await card_moves.post(self.door.db, card, where)
            link = f"https://acme.slack.com/archives/{channel}/p{where.ts.replace('.', '')}"
            await cards.permalink(self.door.db, card, where, link)
        for card in due:
            self.door.notifier.interaction_changed(card.organization_id, card.interaction_id)

    async def _click(self, who: str, how: str, option: str | None, channel: str | None, id: str) -> None:
        """Click on the card in a channel; without a channel, on the first posted card."""
        found = await self._last() if id == "the last" else ids.decode("int", self._here(id))
        assert found is not None
        copies = await cards.of_interaction(self.door.db, self.door.tenant.scope.organization_id, found)
        copy = next(copy for copy in copies if copy.ts and channel in {None, copy.channel})
        choice = option or {"approves": "approve", "denies": "deny"}[how]
        await self.door.click(
            found, choice=choice, user_id=f"U0{who.upper()}", user_name=who, channel=copy.channel, ts=copy.ts
        )

    async def _submit(self, who: str, choice: str, values: Json) -> None:
        """Submit the form of a choice on the last question, with a text or the ids of options for each field."""
        found = await self._last()
        row = await build.read(self.door.db, self.door.tenant, found)
        texts = {name: value for name, value in values.items() if isinstance(value, str)}
        selected = {name: value for name, value in values.items() if isinstance(value, list)}
        kind = KINDS[row.kind]
        given = kind.accepted(kind.read(row.request), choice, Submitted(texts=texts, selected=selected))
        assert isinstance(given, dict), given
        await self.door.click(found, choice=choice, given=given, user_id=f"U0{who.upper()}", user_name=who)

    async def _last(self) -> UUID:
        """The id of the last question: the one whose request waits at this moment."""
        (row,) = await self.door.db.fetch("select id from interactions order by id desc limit 1")
        id: UUID = row["id"]
        return id


def _plain(text: str) -> str:
    """The text without secrets, times and cursors of values, which differ in each run."""
    return _CURSOR.sub("<cursor>", _SECRET.sub("<secret>", _TIME.sub("<time>", text)))
