"""People in a race for work items: they take what has a card, and do it, give it back, block it, or walk away."""

from typing import Any, Final
from uuid import UUID

import aiohttp
import asyncpg

from bridge.card import action_ids
from bridge.forms import codec
from bridge.things.work import NOUN, form
from bridge.things.work.names import Choice
from sandbox.children import ChildFailed
from tests.scenarios.work_races.race import Race
from tests.waiting import jitter

_THINK: Final = 0.3  # seconds, at most
_ENDS: Final = {"done": 70, "keep": 8, "release": 10, "blocked": 6, "walk away": 6}
_RECLAIM: Final = 0.1  # of the cards of what agents hold
_TRIES: Final = 20
_CARDS: Final = """
    select cards.channel, cards.ts, things.id, rounds.id as round_id, work_items.name
    from cards
    join things on things.organization_id = cards.organization_id and things.anchor_id = cards.interaction_id
    join work_items on work_items.organization_id = things.organization_id and work_items.id = things.id
    join interactions as rounds on
        rounds.organization_id = things.organization_id and rounds.thing_id = things.id and rounds.status = 'pending'
    where
        cards.ts is not null
        and ($1::uuid = things.id or ($1 is null and (
            (work_items.status = 'ready' and work_items.unmet = 0) or (work_items.holder_agent is not null))))
    order by work_items.status = 'leased', random()
    limit 1
"""


async def person(race: Race, user: str) -> None:
    """Take one item after the other, until the race is over."""
    while not race.is_over:
        await jitter(_THINK)
        card = await race.db.fetchrow(_CARDS, None)
        if card is None:
            continue
        _, item = await race.call("GET", f"/{card['name']}")
        is_of_agent = "agent" in (item["holder"] or {})
        if is_of_agent and race.chance.random() > _RECLAIM:
            continue
        await click(race, user, card, Choice.RECLAIM if is_of_agent else Choice.TAKE)
        if is_of_agent:
            race.seen["people: reclaim"] += 1
            continue
        _, item = await race.call("GET", f"/{card['name']}")
        if (item["holder"] or {}).get("user") == user:
            race.leased(item, user)
            await _had(race, user, item, card["id"])
        else:
            race.seen["people: came too late"] += 1


async def _had(race: Race, user: str, item: Any, id: UUID) -> None:
    """Do something with an item that was taken, until it is no longer this person's."""
    end = race.chance.choices(list(_ENDS), list(_ENDS.values()))[0]
    race.seen[f"people: {end}"] += 1
    now = item
    for _ in range(_TRIES):
        await jitter(_THINK)
        card = await race.db.fetchrow(_CARDS, id)
        if card is None:
            return
        match end:
            case "keep":
                await click(race, user, card, Choice.KEEP)
                end = "done"
            case "release":
                await click(race, user, card, Choice.RELEASE)
            case "walk away":
                await race.call("POST", f"/{item['id']}/reclaim", {"reason": f"{user} is gone."}, good=(200, 409))
            case "done":
                await write(race, user, card, Choice.DONE, form.RESULT)
            case _:
                await write(race, user, card, Choice.BLOCKED, form.REASON)
        _, now = await race.call("GET", f"/{item['id']}")
        if now["holder"] != item["holder"] or now["attempts"] != item["attempts"]:
            is_mine = now["status"] == "done" and (now["done_by"] or {}).get("user") == user
            race.completed += [(item["id"], item["attempts"])] if is_mine else []
            return
    race.strange.append(f"{user} could not do {end} with {item['id']}: {now}")


async def click(race: Race, user: str, card: asyncpg.Record, choice: str) -> None:
    """A signed click on the round of a card, sent again until a replica has taken it, as Slack does."""
    told = await _send(race, user, card, action_ids.choose(choice))
    status, body = told["status"], told["request"]["body"].encode()
    while status != 200:
        if status not in (0, 503):
            race.strange.append(f"a click on {choice} was answered {status}")
            return
        try:
            status = await race.rig.envelope(await race.replica(), body)
        except (aiohttp.ClientError, TimeoutError):
            race.seen["clicks cut off by a kill"] += 1
        await jitter(0.1)
    race.seen["clicks"] += 1


async def write(race: Race, user: str, card: asyncpg.Record, choice: str, field: str) -> None:
    """Open the form of a choice, and send it with words; a kill may be in the way of both."""
    told = await _send(race, user, card, action_ids.open_form(choice), wait_view=1)
    if told["view"] is None:
        race.seen["forms that did not open"] += 1
        return
    values = {codec.block_id(field): {codec.INPUT: f"{user} says so."}}
    sent = {"user": user, "values": values, "request_url": f"{(await race.replica()).url}/slack/events"}
    try:
        report = await race.rig.sandbox("POST", f"/views/{told['view']['id']}/submit", sent)
    except (aiohttp.ClientError, TimeoutError, ChildFailed):
        return
    race.seen[f"forms answered {report['status']}"] += 1
    if report["status"] != 200 or report["response"] is not None:
        await race.rig.sandbox("POST", f"/views/{told['view']['id']}/close", {"user": user})


async def _send(race: Race, user: str, card: asyncpg.Record, action_id: str, **more: Any) -> Any:
    stale = {
        "block_id": action_ids.block_id(card["round_id"], 1),
        "action_id": action_id,
        "value": action_ids.thing(NOUN.name, card["id"]),
        "type": "button",
    }
    sent = {"user": user, "channel": card["channel"], "ts": card["ts"], "stale": stale}
    url = {"request_url": f"{(await race.replica()).url}/slack/events"}
    return await race.rig.sandbox("POST", "/clicks", sent | url | more)
