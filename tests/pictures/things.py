"""The README's picture of what lives longer than an answer: a recovery, an incident, a fix and a work item."""

from pathlib import Path
from typing import Any, Final

from bridge.card import action_ids
from tests.pictures.camera import THEMES, Camera, Theme, card
from tests.pictures.recoveries import says
from tests.pictures.story import compose
from tests.sandbox.slack.browser.driver import expect
from tests.scenarios import rounds
from tests.scenarios.program import Program
from tests.scenarios.rounds import Shown

NAME: Final = "things"
_SIZE: Final = (480, 1_000)
_SHARP: Final = 1.5  # four cards at twice the size would be too many bytes
_ALIKE: Final = """card => {
  card.querySelector('.gutter').style.visibility = 'hidden'
  for (const each of card.querySelectorAll('.author, .thread-link')) each.style.display = 'none'
}"""
_TO: Final = {"to": {"channel": "C0APPROVALS"}}
_RECOVERY: Final = {
    "source": {"type": "import", "id": "nightly"},
    "kind": "stalled",
    "cause": "Nothing was written for 10 minutes.",
    "fingerprint": "import:stalled",
    "next_action": "Free some space on db-1, and start it again.",
    "max_attempts": 5,
}
_INCIDENT: Final = {"title": "Checkout fails for some customers", "severity": "major", "systems": ["payments"]}
_UPDATE: Final = "Error rate 12 %, rising."
_FIX: Final = {
    "session": "alert-8841",
    "title": "Give payments 60 connections",
    "description": "143 requests wait for 20 connections.",
    "script": "set-pool-size payments 60",
}
_WORK: Final = {"id": "check-export", "title": "Look through ten customers", "priority": 10}


async def tell(dev: Program, looking: Camera, album: Path) -> None:
    """Write `things-light.png` and `things-dark.png`: a card of each sort."""
    recovery = await _made(dev, "recoveries", _RECOVERY)
    for _ in range(2):
        await dev.call("POST", f"{dev.bridge(0)}/v1/recoveries", {**_RECOVERY, **_TO})
    incident = await _made(dev, "incidents", _INCIDENT)
    await incident.post("updates", {"message": _UPDATE})
    fix = await _made(dev, "fixes", _FIX)
    work = await _made(dev, "work", _WORK)
    await work.click("U0ANA", action_ids.choose("take"))
    await says(recovery, "attempt 3 of 5")
    await says(incident, _UPDATE)
    await says(work, "Taken")
    shown = [
        ("A recovery: something is stuck.", recovery),
        ("An incident: something is wrong.", incident),
        ("A fix: an agent knows what may help.", fix),
        ("A work item: something is to be done.", work),
    ]
    for theme in THEMES:
        panels = [(words, await _card(looking, theme, of)) for words, of in shown]
        await compose(looking, theme, panels, album / f"{NAME}-{theme}.png", sharp=_SHARP)


async def _made(dev: Program, plural: str, fields: dict[str, Any]) -> Shown:
    status, made = await dev.call("POST", f"{dev.bridge(0)}/v1/{plural}", {**fields, **_TO})
    assert status == 201, made
    return await rounds.shown(dev, plural, made["id"])


async def _card(looking: Camera, theme: Theme, of: Shown) -> bytes:
    async with looking.look(theme, _SIZE, sharp=_SHARP) as page:
        await expect(card(page, of.ts).get_by_role("button").first).to_be_visible()
        await card(page, of.ts).evaluate(_ALIKE)
        return await card(page, of.ts).screenshot()
