"""Post and edit cards until each shows the version that its row wants, each under its lease.

lease → read the interaction, or the thing of an anchor → its kind or noun draws the card → call Slack → write back if
the lease still holds.
`bridge.loops.card_failures` records what goes wrong.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from bridge import ids
from bridge.card.frame import Drawing
from bridge.kinds.registry import KINDS
from bridge.logs import Log
from bridge.loops import card_content, card_failures, posting_pace
from bridge.loops.call_slots import CallSlots
from bridge.loops.card_content import Content
from bridge.loops.card_failures import CardFailures
from bridge.loops.posting_pace import Pace
from bridge.loops.responder_checks import Check, ResponderChecks
from bridge.metrics import Metrics
from bridge.notifier import Notifier
from bridge.reader import Reader
from bridge.slack import errors as slack
from bridge.slack import newer_card
from bridge.slack.client import Client
from bridge.slack.connections import Installations
from bridge.slack.expected_edits import ExpectedEdits
from bridge.slack.forms.notices import FormNotices
from bridge.slack.message_cache import MessageCache
from bridge.slack.people import People
from bridge.things import drawing
from bridge.things.registry import NOUNS
from storage import cards, errors
from storage.model import Card, Handle, Interaction, Status
from storage.pool import Database

_log = Log("cards")

BATCH = 20


class Cards:
    """The card loop of one replica. Its `step` is safe on every replica at once.

    `batch` limits the cards of one step. `pace` and `slots` are shared with what else posts.
    """

    def __init__(
        self,
        *,
        db: Database,
        reader: Reader,
        installations: Installations,
        expected: ExpectedEdits,
        message_cache: MessageCache,
        notifier: Notifier,
        people: People,
        form_notices: FormNotices,
        metrics: Metrics | None = None,
        batch: int = BATCH,
        pace: Pace | None = None,
        slots: CallSlots | None = None,
    ) -> None:
        self._batch = batch
        self._db = db
        self._reader = reader
        self._installations = installations
        self._expected = expected
        self._message_cache = message_cache
        self._notifier = notifier
        self._metrics = metrics or Metrics()
        self._form_notices = form_notices
        self._pace = pace or Pace()
        self._slots = slots or CallSlots()
        self._checks = ResponderChecks(db=db, people=people)
        self._failures = CardFailures(
            db=db,
            installations=installations,
            expected=expected,
            message_cache=message_cache,
            notifier=notifier,
            metrics=self._metrics,
            pace=self._pace,
        )

    async def step(self) -> int:
        """Lease up to `batch` cards that do not show what they should, and post or edit all of them at once.

        Returns how many cards were leased.
        """
        served = self._installations.served
        if not served:
            return 0
        leased = await cards.lease(self._db, served, kinds=[*KINDS, *NOUNS], limit=self._batch)
        await asyncio.gather(*(self._update(card) for card in leased))
        return len(leased)

    async def _update(self, card: Card) -> None:
        """Post or edit one card. An unexpected error puts off this card only, so that it cannot stop the others."""
        try:
            try:
                await self._show(card)
            except errors.Unavailable:
                raise
            except Exception as error:  # noqa: BLE001  -- a bug in the bridge, met by one card
                await self._failed_by_bug(card, error)
        except errors.Unavailable as error:
            # The card is leased again when this lease expires.
            _log.warning("card_write_back_failed", **_keys(card), cause=error.cause)

    async def _failed_by_bug(self, card: Card, error: Exception) -> None:
        cause = error.__cause__ if isinstance(error, _Undrawable) and error.__cause__ else error
        unsure = card.ts is None and not isinstance(error, _Undrawable)
        await self._failures.mistake(card, cause, unsure=unsure)

    async def _show(self, card: Card) -> None:
        interaction = self._as_it_ended(card) or await self._reader.get(card.organization_id, card.interaction_id)
        client = await self._installations.client(card.connection_id)
        if interaction is None or isinstance(client, slack.Broken):
            return
        if interaction.thing_id is not None:
            try:
                await self._show_thing(card, interaction, client)
            finally:  # whatever has changed of the thing, there may be notes on it
                self._notifier.notes_waiting()
            return
        if interaction.status is not Status.PENDING:
            if card.handle is not None:
                newer = await self._newer(card, interaction)
                content = card_content.of_question(card, Check(interaction=interaction), newer=newer)
                await self._edit(card, content, client, card.handle)
            else:
                await cards.skip(self._db, card)
            return
        check = await self._checks.check(card, interaction)
        if check.refusal is not None and (check.closes if card.handle else check.is_useless):
            await self._refuse(card, check.refusal)
        elif card.handle is not None:
            await self._edit(card, card_content.of_question(card, check), client, card.handle)
        else:
            await self._post(card, card_content.of_question(card, check), client)

    async def _show_thing(self, card: Card, anchor: Interaction, client: Client) -> None:
        """Show a thing as it is now, whatever became of the anchor; a card that is not posted yet may not be needed.

        It is needed for a thing that has ended, too, if people can still correct it.
        """
        if (of_anchor := await drawing.of_anchor(self._db, anchor)) is None:
            return
        noun, found = of_anchor
        newer = await newer_card.of_thing(self._db, noun, found, channel=card.channel)
        content = card_content.of_thing(card, noun, found, newer=newer)
        if card.handle is not None:
            await self._edit(card, content, client, card.handle)
        elif (content.settles and found.round_id is None) or card.retired_at is not None:
            await cards.skip(self._db, card)
        else:
            await self._post(card, content, client)

    async def _refuse(self, card: Card, refusal: slack.GiveUp) -> None:
        """Do not post a card that no person who would see it can answer; if it is posted, end its interaction."""
        if card.handle is None:
            await self._failures.give_up(card, refusal)
        else:  # the end makes the card due for another version, which is drawn under the next lease
            await self._failures.close(card, refusal)

    def _as_it_ended(self, card: Card) -> Interaction | None:
        """The cached interaction, for a card that only has to show how the interaction ended; None: read its row.

        What follows the end, such as a receipt, is in the row only. A card that has to show it wants a later version
        than the one after the buttons, also if another replica, of any release, settled the card meanwhile.
        """
        if card.handle is not None and not (
            (card.shown, card.wanted) == (1, 2)
            and self._message_cache.knows(card.scope, card.interaction_id, card.handle)
        ):
            return None
        return self._message_cache.interaction(card.scope, card.interaction_id)

    async def _post(self, card: Card, content: Content, client: Client) -> None:
        """Post a card when its destination has a turn, and store where it is."""
        destination = posting_pace.destination(card.address)
        drawn = await _drawn(content, plain=card.plain)
        if await self._given_up(card):
            return
        if not await posting_pace.wait_for_turn(self._db, self._pace, card.scope, destination):
            await self._put_off(card, destination, posting_pace.WAITING_FOR_TURN)
            return
        async with self._slots.take(card.connection_id) as free:
            # Other calls were made during the waits: Slack may have refused the token, or asked for a pause.
            if await self._given_up(card):
                return
            if not free or self._pace.paused(card.connection_id, destination):
                await self._put_off(card, destination, posting_pace.WAITING_FOR_SLOT)
                return
            # From here on the card may be posted, whatever happens to this replica.
            if (newly_marked := await cards.mark_maybe_shown(self._db, card)) is None:
                await cards.skip(self._db, card)  # the interaction has ended, or the lease was lost
                return
            post = partial(client.post, card.address)
            response, drawn = await _call(post, drawn, card, lambda: _drawn(content, plain=True))
            if not isinstance(response, Handle):
                await self._failures.failed(
                    card,
                    response,
                    destination,
                    settles=content.settles,
                    ended_at=content.ended_at,
                    newly_marked=newly_marked,
                )
                return
        await self._posted(card, content, client, response, drawn)

    async def _given_up(self, card: Card) -> bool:
        """Give up a card that was never posted if Slack refused its connection's token lately. True if it did."""
        broken = self._installations.suspended(card.connection_id)
        if broken is not None:
            await self._failures.give_up(card, broken)
        return broken is not None

    async def _put_off(self, card: Card, destination: str, otherwise: slack.RetryAfter) -> None:
        """Release a card that is not posted now, because of a pause if there is one, else because of `otherwise`."""
        paused = self._pace.paused(card.connection_id, destination)
        seconds = self._pace.later(card.connection_id, destination)
        await self._failures.put_off(card, seconds, slack.limited(paused) if paused else otherwise)

    async def _posted(self, card: Card, content: Content, client: Client, handle: Handle, drawn: Drawing) -> None:
        """Store where a card was posted, and its permalink."""
        kept = await cards.posted(
            self._db,
            card,
            handle,
            plain=drawn.is_plain,
            truncated=drawn.truncated,
            stray_id=ids.new(),
            event_id=ids.new(),
            reason=content.reason,
            again_in=content.again_in,
        )
        _log.info("card_posted" if kept else "lease_lost", **_keys(card), channel=handle.channel, ts=handle.ts)
        self._metrics.posted()  # also if the lease was lost, because the card is in Slack
        if not kept:
            self._metrics.lease_lost()
        else:
            question = content.interaction
            if question is not None:
                self._message_cache.remember(question, handle)
            link = await client.permalink(handle)
            if isinstance(link, str):
                await cards.permalink(self._db, card, handle, link)
                if question is None or question.supersedes is not None:
                    self._notifier.cards.set()  # for the card that this one replaced, which shows the link
        self._notifier.interaction_changed(card.organization_id, card.interaction_id)

    async def _edit(self, card: Card, content: Content, client: Client, handle: Handle) -> None:
        """Edit a posted card, and store the version that it now shows."""
        drawn = await _drawn(content, plain=card.plain)
        async with self._slots.take(card.connection_id) as free:
            if paused := self._pace.paused(card.connection_id, card_failures.EDITS):
                await self._failures.put_off(card, paused, slack.limited(paused))
                return
            if not free:
                await self._failures.put_off(card, self._slots.seconds, posting_pace.WAITING_FOR_SLOT)
                return
            if (broken := self._installations.suspended(card.connection_id)) is not None:
                await self._failures.put_off(card, card_failures.LONG_SECONDS, broken)
                return
            edit = partial(client.edit, handle)
            response, drawn = await _call(edit, drawn, card, lambda: _drawn(content, plain=True))
            if not isinstance(response, Handle):
                await self._failures.failed(
                    card, response, card_failures.EDITS, settles=content.settles, ended_at=content.ended_at
                )
                return
        if content.settles or content.moves is not None:
            # An edit of a question with buttons, which a click came during, shows that clicker nothing.
            self._expected.edited(card.connection_id, handle, moves=content.moves)
        kept = await cards.edited(
            self._db,
            card,
            plain=drawn.is_plain,
            truncated=drawn.truncated,
            settles=content.settles,
            event_id=ids.new(),
            reason=content.reason,
            again_in=content.again_in,
        )
        _log.info(
            ("card_settled" if content.settles and not card.settled else "card_edited") if kept else "lease_lost",
            **_keys(card),
            status=content.status,
        )
        self._metrics.edited()
        if not kept:
            self._metrics.lease_lost()
        if content.settles and content.interaction is not None:
            if not card.settled:  # once: forms that are opened later are not opened for this question
                self._form_notices.start(content.interaction, handle, client, newer=content.newer)
            self._message_cache.settled(card.scope, card.interaction_id, handle)

    async def _newer(self, card: Card, interaction: Interaction) -> str | None:
        """The permalink of the card in the same channel that replaced this one; None if there is none yet.

        Once it is known, this card is edited again.
        """
        return await newer_card.permalink(
            self._db, card.organization_id, interaction, channel=card.channel, anywhere=False
        )


class _Undrawable(Exception):
    """The kind could not draw the card, so Slack was not called."""


async def _call(
    call: Callable[[Drawing], Awaitable[Handle | slack.SlackFailure]],
    drawn: Drawing,
    card: Card,
    draw_plain: Callable[[], Awaitable[Drawing]],
) -> tuple[Handle | slack.SlackFailure, Drawing]:
    """Post or edit; if Slack refuses the blocks, once more in the plain form. Also returns what was sent last."""
    response = await call(drawn)
    if isinstance(response, slack.BadBlocks) and not card.plain:
        drawn = await draw_plain()
        response = await call(drawn)
    return response, drawn


async def _drawn(content: Content, *, plain: bool) -> Drawing:
    try:
        return await content.drawn(plain=plain)
    except Exception as error:
        raise _Undrawable from error


def _keys(card: Card) -> dict[str, object]:
    return {"interaction": ids.encode("int", card.interaction_id), "card": card.ordinal - 1, "attempt": card.attempt}
