"""What is looked at around a click: everything that can be seen from outside, compared with docs/verdicts.md."""

import asyncio
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from storage.model import Verdict
from tests.scenarios import house, written
from tests.scenarios.verdicts import CASES, Case, Scene
from tests.scenarios.written import Row

AT_ONCE = 10  # replays under way: few enough for a busy machine to confirm each in time
_LATER = {"card.settled", "card.edited", "interaction.heard"}  # a card changes, and looking is hearing
PEOPLE = ("U0ANA", "U0BOB", "U0CHO")  # who see both channels
ROWS = dict(zip([case.name for case in CASES], written.rows(), strict=True))


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What can be seen of a question from outside."""

    status: str
    message: str
    answer: Any
    verdicts: list[tuple[str, str]]
    others: list[str]  # what else is in the timeline, but for what comes in its own time


async def look(scene: Scene, *, replica: int) -> Seen:
    url = f"{scene.dev.bridge(replica)}/v1/interactions/{scene.asked['id']}"
    status, told = await scene.dev.call("GET", url)
    if status == 404:
        return Seen(status="not found", message="", answer=None, verdicts=[], others=[])
    lines = await scene.dev.timeline(scene.asked["id"], replica=replica)
    return Seen(
        status=told["status"],
        message=told["message"],
        answer=told["answer"],
        verdicts=[(line["by"], line["verdict"]) for line in lines if line["verdict"]],
        others=[line["type"] for line in lines if not line["verdict"] and line["type"] not in _LATER],
    )


async def newest(scene: Scene) -> str:
    """When the last thing was said where the card is."""
    return str((await scene.dev.said(scene.channel))[-1]["ts"])


async def told_since(scene: Scene, ts: str) -> list[tuple[str, str, str | None]]:
    """What was said privately where the card is: to whom, what, in which thread."""
    return [
        (message["ephemeral_to"], message["text"], message.get("thread_ts"))
        for message in await scene.dev.said(scene.channel)
        if message.get("is_ephemeral") and message["ts"] > ts
    ]


async def told(scene: Scene, case: Case, *, since: str, times: int) -> None:
    """So many private replies, all alike, in the card's thread; to the clicker, and seen by nobody else."""
    row = ROWS[case.name]
    times = 0 if row.told == written.NOTHING else times
    told = await house.until(lambda: told_since(scene, since), lambda told: len(told) >= times)
    thread = (await scene.dev.card(scene.asked)).get("thread_ts")
    assert bool(thread) == scene.variant.threaded
    assert [(to, written.as_written(text, scene.variant.words), where) for to, text, where in told] == [
        (case.user, row.told, thread)
    ] * times
    if scene.newer:
        assert all(scene.newer["cards"][0]["permalink"] in text for _, text, _ in told)
    for person in PEOPLE:
        if person != case.user:
            seen = await scene.dev.messages(person, scene.channel)
            assert [one for one in seen if one.get("is_ephemeral") and one["ts"] > since] == []


def shown(message: dict[str, Any], scene: Scene) -> str:
    """What a card says about the question's life: on its face, and to those who are read to."""
    line: str = message["text"].split("\n")[1]
    assert line in [block["text"]["text"] for block in message["blocks"] if block["type"] == "section"]
    return written.as_written(line, scene.variant.words)


async def healed(scene: Scene, row: Row) -> None:
    """It has healed: what it says is true, and it has buttons only if they are still good for something."""
    card = await house.until(lambda: scene.dev.card(scene.asked), lambda card: shown(card, scene) == row.card)
    assert house.has_buttons(card) == (row.after in ("pending", "not found"))


async def audited(scene: Scene, payload: Any) -> list[tuple[str, bool, int]]:
    """The rows kept of one envelope: verdict, whether it is about a question, repeats."""
    claim_id = hashlib.sha256(json.dumps(payload).encode()).hexdigest()
    rows = await scene.dev.operate(
        f"select verdict, interaction_id is not null, repeats from clicks where claim_id = decode('{claim_id}', 'hex')"
    )
    return [tuple(row) for row in rows]


async def click(scene: Scene, case: Case) -> Any:
    """Click on the replica that was not asked, and compare everything with the document; the envelope."""
    row, since = ROWS[case.name], await newest(scene)
    before = await look(scene, replica=0)

    clicked = await scene.click(case.user, case.choice, replica=1, **case.claims)

    assert (clicked["status"], clicked["error"]) == (case.status, None)
    await healed(scene, row)
    await told(scene, case, since=since, times=1)
    ended = f"interaction.{row.after}"  # a passed deadline counts at once; the event is written by the sweep
    after = await house.until(
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


async def replays(scene: Scene, case: Case, payload: Any, *, times: int, untold: int) -> None:
    """The same envelope again over both replicas, of which so many have not told the clicker yet."""
    since, before = await newest(scene), await look(scene, replica=0)
    # While nothing can be confirmed each waits for as long as Slack does, so they wait together.
    at_once = asyncio.Semaphore(times if case.verdict is Verdict.UNAVAILABLE else AT_ONCE)

    async def replay(number: int) -> int:
        async with at_once:
            return await scene.dev.send(payload, replica=number % 2)

    answers = await asyncio.gather(*(replay(number) for number in range(times)))

    assert set(answers) == {case.status}
    await told(scene, case, since=since, times=untold)
    await healed(scene, ROWS[case.name])
    assert await look(scene, replica=1) == before


async def repeated(scene: Scene, case: Case, payload: Any, *, least: int) -> None:
    """One row is kept of all of them. A replica that a busy machine made try twice counts that too."""
    kept = await audited(scene, payload)
    if case.audited:
        ((verdict, whole, repeats),) = kept
        assert (verdict, whole) == (case.verdict.value, case.whole)
        assert repeats >= least
    else:
        assert kept == []
