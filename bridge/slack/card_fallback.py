"""Replace a clicked card through the click's response URL when no edit of it succeeded in time.

chat.update can be refused, paused, or without a token, while the verdict stands: the people at the card would go on
seeing buttons, and the winner would not know that the answer counts. A winner whose card cannot be replaced either is
told privately. The card's row is left as it is: the edit stays due, since only Slack's response to an edit says what a
card shows.
"""

import asyncio

import aiohttp

from bridge import ids
from bridge.card.frame import CardView
from bridge.kinds.registry import KINDS
from bridge.logs import Log
from bridge.metrics import Fallback, Metrics
from bridge.reader import Reader
from bridge.slack import client, newer_card, replies
from bridge.slack.drawing import draw, draw_thing
from bridge.slack.errors import BadBlocks, SlackFailure
from bridge.slack.expected_edits import ExpectedEdit, ExpectedEdits
from bridge.slack.private_replies import PrivateReplies, public_id
from bridge.things import drawing
from storage import cards, errors
from storage.model import Card, Interaction, Status
from storage.pool import Database

_log = Log("clicks")

MAX_FALLBACKS = 200  # under way at once; further ones wait in `ExpectedEdits`


class CardFallback:
    """What is done for clicks whose card was not edited in time, once for each click of this replica."""

    def __init__(
        self,
        *,
        db: Database,
        reader: Reader,
        expected: ExpectedEdits,
        replies: PrivateReplies,
        http: aiohttp.ClientSession,
        metrics: Metrics,
        max_fallbacks: int = MAX_FALLBACKS,
    ) -> None:
        self.wake = expected.wake
        self._db = db
        self._reader = reader
        self._expected = expected
        self._replies = replies
        self._http = http
        self._metrics = metrics
        self._max_fallbacks = max_fallbacks
        self._running: set[asyncio.Task[None]] = set()

    async def step(self) -> int:
        """Start the fallback of every click whose card was not edited in time; returns how many were started."""
        overdue = self._expected.take(self._max_fallbacks - len(self._running))
        for expected in overdue:
            task = asyncio.create_task(self._attend(expected))
            self._running.add(task)
            task.add_done_callback(self._ended)
        return len(overdue)

    async def close(self) -> None:
        """Attend to all expected edits now, and wait until that is done; the timeouts of its calls bound it."""
        self._expected.hurry()
        while await self.step() or self._running:
            await asyncio.wait(self._running)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self.wake.set()  # others may wait for a free place

    async def _attend(self, expected: ExpectedEdit) -> None:
        """Replace the card; tell a winner if that fails. Losers have had their private reply already."""
        try:
            failure = await self._replace(expected)
            if failure is None:
                return
            result = Fallback.FAILED
            # A URL that refused the blocks may take a text; one that failed in another way may fail again.
            if expected.won and await self._tell(expected, url_first=failure == 400 or isinstance(failure, BadBlocks)):
                result = Fallback.TOLD
            self._metrics.fell_back(result)
        except Exception as error:  # noqa: BLE001  -- no caller awaits the result, so the failure must be logged here
            _log.failure("aftermath_failed", error, interaction=public_id(expected.click))

    async def _replace(self, expected: ExpectedEdit) -> int | str | SlackFailure | None:
        """Replace the clicked card unless it was edited; returns why that failed, and None if it did not."""
        click, handle = expected.click, expected.handle
        if click.interaction is None:
            return "no_interaction"
        try:
            card = await self._card(expected)
            if card is not None and _shows_end(card, expected):
                return None
            interaction = await self._reader.get(expected.connection.organization_id, click.interaction)
            if interaction is not None and interaction.thing_id is not None:
                payload = await self._payload_of_thing(interaction, card, expected)
            else:
                payload = await self._payload(interaction, card, expected) if interaction else None
        except errors.Unavailable as error:
            return self._not_replaced(expected, error.cause)
        if payload is None or click.response_url is None:
            return self._not_replaced(expected, "no_response_url" if payload else "no_drawing")
        response = await client.respond(click.response_url, payload, http=self._http)
        if response != 200:
            return self._not_replaced(expected, response)
        self._metrics.fell_back(Fallback.REPLACED)
        _log.info("card_replaced", interaction=public_id(click), verdict=str(expected.claimed.verdict))
        if handle is not None:  # an edit that was recorded meanwhile may have been undone: have it made again
            try:
                owner = card.interaction_id if card else click.interaction
                await cards.heal(self._db, expected.connection.scope, owner, handle, stray_id=ids.new(), retries=False)
            except errors.Unavailable as error:
                _log.warning("card_not_healed", interaction=public_id(click), cause=error.cause)
        return None

    def _not_replaced(self, expected: ExpectedEdit, failure: int | str | SlackFailure) -> int | str | SlackFailure:
        code = failure if isinstance(failure, int | str) else failure.code
        _log.warning("card_not_replaced", interaction=public_id(expected.click), code=code)
        return failure

    async def _card(self, expected: ExpectedEdit) -> Card | None:
        """The row of the clicked card; None if it has none."""
        click = expected.click
        if click.interaction is None:
            return None
        organization_id = expected.connection.organization_id
        owner = click.interaction
        if expected.moves is not None:
            owner = await cards.owner_of(self._db, organization_id, click.interaction)
        rows = await cards.of_interaction(self._db, organization_id, owner)
        return next((row for row in rows if row.handle is not None and row.handle == expected.handle), None)

    async def _payload(
        self, interaction: Interaction, card: Card | None, expected: ExpectedEdit
    ) -> dict[str, object] | None:
        """The body that replaces the card; None if this release cannot draw the interaction's end, or fails to."""
        if interaction.kind not in KINDS or interaction.status is Status.PENDING:
            return None
        newer = await newer_card.permalink(
            self._db, interaction.organization_id, interaction, channel=expected.click.channel, anywhere=False
        )
        version, plain = (card.wanted, card.plain) if card else (1, False)
        try:
            return replies.replacement(
                await draw(CardView(interaction=interaction, version=version, plain=plain, newer=newer))
            )
        except Exception as error:  # noqa: BLE001  -- a bug in the kind; the winner is told privately all the same
            _log.failure("aftermath_failed", error, interaction=public_id(expected.click))
            return None

    async def _payload_of_thing(
        self, clicked: Interaction, card: Card | None, expected: ExpectedEdit
    ) -> dict[str, object] | None:
        """The body that replaces the card of a thing; None if this release cannot draw it, or knows no such card."""
        of_anchor = await drawing.of_anchor(self._db, clicked)
        if of_anchor is None or card is None:
            return None
        noun, found = of_anchor
        newer = await newer_card.of_thing(self._db, noun, found, channel=card.channel)
        view = drawing.view(noun, found, card, version=card.wanted, is_plain=card.plain, newer=newer)
        try:
            return replies.replacement(await draw_thing(noun, view))
        except Exception as error:  # noqa: BLE001  -- a bug in the noun; the clicker is told privately all the same
            _log.failure("aftermath_failed", error, interaction=public_id(expected.click))
            return None

    async def _tell(self, expected: ExpectedEdit, *, url_first: bool) -> bool:
        async def compose() -> str:
            return replies.recorded(expected.claimed.life)

        return await self._replies.send(
            expected.click,
            expected.connection,
            compose,
            verdict=expected.claimed.verdict,
            url_first=url_first,
        )


def _shows_end(card: Card, expected: ExpectedEdit) -> bool:
    """Whether another replica edited the card. A card that a loser clicked may be settled and show buttons again."""
    return card.given_up_at is None and (card.shown >= card.wanted or (card.settled and expected.claimed.is_settling))
