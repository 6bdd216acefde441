"""Checks around a click: everything that is visible from outside, compared with docs/verdicts.md."""

import asyncio
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from storage.model import Verdict
from tests.scenarios import program, written
from tests.scenarios.verdicts import CASES, Case, Scene
from tests.scenarios.written import Row
from tests.waiting import until

AT_ONCE = 10  # concurrent replays: few enough for a loaded machine to confirm each in time
_LATER = {
    "card.settled",
    "card.edited",
    "interaction.heard",
}  # cards change, and reading an interaction acknowledges it
PEOPLE = ("U0ANA", "U0BOB", "U0CHO")  # members of both channels
ROWS = dict(zip([case.name for case in CASES], written.rows(), strict=True))


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What is visible of an interaction from outside."""

    status: str
    message: str
    answer: Any
    verdicts: list[tuple[str, str]]
    others: list[str]  # other event types in the timeline, except those that may come at any time


async def look(scene: Scene, *, replica: int) -> Seen:
    url = f"{scene.dev.bridge(replica)}/v1/interactions/{scene.asked['id']}"
    status, body = await scene.dev.call("GET", url)
    if status == 404:
        return Seen(status="not found", message="", answer=None, verdicts=[], others=[])
    lines = await scene.dev.timeline(scene.asked["id"], replica=replica)
    return Seen(
        status=body["status"],
        message=body["message"],
        answer=body["answer"],
        verdicts=[(line["by"], line["verdict"]) for line in lines if line["verdict"]],
        others=[line["type"] for line in lines if not line["verdict"] and line["type"] not in _LATER],
    )


async def newest(scene: Scene) -> str:
    """The ts of the last message in the channel of the card."""
    return str((await scene.dev.all_messages(scene.channel))[-1]["ts"])


async def replies_since(scene: Scene, ts: str) -> list[tuple[str, str, str | None]]:
    """The private replies in the channel of the card after `ts`: (user, text, thread)."""
    return [
        (message["ephemeral_to"], message["text"], message.get("thread_ts"))
        for message in await scene.dev.all_messages(scene.channel)
        if message.get("is_ephemeral") and message["ts"] > ts
    ]


async def check_replies(scene: Scene, case: Case, *, since: str, times: int) -> None:
    """Check for so many equal private replies in the card's thread, visible to the clicker only."""
    row = ROWS[case.name]
    times = 0 if row.reply == written.NOTHING else times
    replies = await until(lambda: replies_since(scene, since), lambda replies: len(replies) >= times)
    thread = (await scene.dev.card(scene.asked)).get("thread_ts")
    assert bool(thread) == scene.threaded
    assert [(to, written.as_written(text, scene.variant.words), where) for to, text, where in replies] == [
        (case.user, row.reply, thread)
    ] * times
    if scene.newer:
        assert all(scene.newer["cards"][0]["permalink"] in text for _, text, _ in replies)
    for person in PEOPLE:
        if person != case.user and not case.direct:
            seen = await scene.dev.messages(person, scene.channel)
            assert [one for one in seen if one.get("is_ephemeral") and one["ts"] > since] == []


def shown(message: dict[str, Any], scene: Scene) -> str:
    """The line of a card about the state of its interaction, which is in its blocks and in its text."""
    line: str = message["text"].split("\n")[1]
    assert line in [block["text"]["text"] for block in message["blocks"] if block["type"] == "section"]
    return written.as_written(line, scene.variant.words)


async def healed(scene: Scene, row: Row) -> None:
    """Wait until the card is true again: the right line, and buttons only if a click can still answer."""
    card = await until(lambda: scene.dev.card(scene.asked), lambda card: shown(card, scene) == row.card)
    assert program.has_buttons(card) == ("can answer until" in row.card)


async def audited(scene: Scene, payload: Any) -> list[tuple[str, bool, int]]:
    """The rows of one envelope in `clicks`: (verdict, whether it has an interaction, repeats)."""
    claim_id = hashlib.sha256(json.dumps(payload).encode()).hexdigest()
    rows = await scene.dev.operate(
        f"select verdict, interaction_id is not null, repeats from clicks where claim_id = decode('{claim_id}', 'hex')"
    )
    return [tuple(row) for row in rows]


async def click(scene: Scene, case: Case) -> Any:
    """Click through the other replica, compare everything with the document, and return the envelope."""
    row, since = ROWS[case.name], await newest(scene)
    before = await look(scene, replica=0)

    clicked = await scene.click(case.user, case.choice, replica=1, **case.claims)

    assert (clicked["status"], clicked["error"]) == (case.status, None)
    await healed(scene, row)
    await check_replies(scene, case, since=since, times=1)
    ended = f"interaction.{row.after}"  # a passed deadline counts at once; the expiry loop writes the event
    after = await until(
        lambda: look(scene, replica=0), lambda seen: ended in seen.others or row.after in ("pending", "not found")
    )
    assert after == await look(scene, replica=1)
    assert (before.status, after.status) == (row.before, row.after)
    new = [(case.user, case.verdict.value)] if case.audited and case.whole else []
    assert after.verdicts == before.verdicts + new
    if case.verdict is Verdict.WON:
        assert after.answer["by"]["user"] == case.user
    else:
        assert after.answer == before.answer
    if case.whole:
        promised = {
            written.as_written(text, scene.variant.words) for of, text in written.messages() if of == after.status
        }
        assert written.as_written(after.message, scene.variant.words) in promised
    kept = [(case.verdict.value, case.whole, 0)] if case.audited else []
    assert await audited(scene, clicked["payload"]) == kept
    return clicked["payload"]


async def replays(scene: Scene, case: Case, payload: Any, *, times: int, unreplied: int) -> None:
    """Send the same envelope again over both replicas; `unreplied` is how many replicas have not replied yet."""
    since, before = await newest(scene), await look(scene, replica=0)
    # Without a database each waits for as long as Slack does, so all wait together.
    at_once = asyncio.Semaphore(times if case.verdict is Verdict.UNAVAILABLE else AT_ONCE)

    async def replay(number: int) -> int:
        async with at_once:
            return await scene.dev.send(payload, replica=number % 2)

    answers = await asyncio.gather(*(replay(number) for number in range(times)))

    assert set(answers) == {case.status}
    await check_replies(scene, case, since=since, times=unreplied)
    await healed(scene, ROWS[case.name])
    assert await look(scene, replica=1) == before


async def repeated(scene: Scene, case: Case, payload: Any, *, least: int) -> None:
    """Check that all replays have one row. A replica that tried twice on a loaded machine counts both tries."""
    kept = await audited(scene, payload)
    if case.audited:
        ((verdict, whole, repeats),) = kept
        assert (verdict, whole) == (case.verdict.value, case.whole)
        assert repeats >= least
    else:
        assert kept == []
