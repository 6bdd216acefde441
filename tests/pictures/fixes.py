"""Pictures of suggested fixes: the card in every state, made by real use, a form, and the reminder in its thread."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from bridge.card import action_ids
from tests.pictures import forms
from tests.pictures.camera import THEMES, WIDTHS, Camera, Theme, card, take
from tests.sandbox.slack.browser.driver import expect
from tests.scenarios import rounds
from tests.scenarios.program import Program
from tests.scenarios.rounds import Shown
from tests.waiting import until

NAME: Final = "fix"
_CHANNEL: Final = "C0APPROVALS"
_FIX: Final = {
    "title": "Raise the limit of connections of orders-db",
    "description": "143 requests wait for 20 connections since 4.2.0; the database has room for 300.",
    "confidence": 80,
    "key": "pool-exhausted",
    "to": {"channel": _CHANNEL},
    "agent": {"name": "Fixer", "run": "fix-17"},
}
_SCRIPT: Final = {"script": "set-pool-size --service payments", "parameters": {"size": 60, "restart": "rolling"}}
_TEMPLATE: Final = {
    "template": {"id": "raise-pool-size", "url": "https://runbooks.example.com/raise-pool-size"},
    "confidence": 55,
}
_PENDING: Final = {"outcome": "applied_pending", "reason": "The nightly run of Monday has to pass."}


async def _proposed(dev: Program, session: str, **fields: Any) -> Shown:
    status, made = await dev.call("POST", f"{dev.bridge(0)}/v1/fixes", {**_FIX, "session": session, **fields})
    assert status == 201, made
    return await rounds.shown(dev, "fixes", made["id"])


async def _clicked(dev: Program, session: str, *choices: str, says: str, **fields: Any) -> Shown:
    of = await _proposed(dev, session, **fields)
    for choice in choices:
        of = await rounds.shown(dev, "fixes", of.id)
        await of.click("U0ANA", action_ids.choose(choice))
    await _says(of, says)
    return of


async def _judged(dev: Program, session: str, outcome: dict[str, Any], says: str, *, applied: bool = True) -> Shown:
    of = await (_clicked(dev, session, "apply", says="Apply it") if applied else _proposed(dev, session))
    status, told = await dev.call("PATCH", of.url, outcome)
    assert status == 200, told
    await _says(of, says)
    return of


async def _reported(dev: Program) -> Shown:
    of = await _clicked(dev, "alert-8847", "apply", says="Apply it")
    said = {
        "outcome": "applied_success",
        "reason": "No request has waited since.",
        "evidence": {"waiting": 0, "p99": 0.2},
    }
    await of.post("outcome_proposal", said)
    await _says(of, "reports")
    return of


async def _superseded(dev: Program) -> Shown:
    of = await _judged(dev, "alert-8848", _PENDING, "waiting to verify")
    await _proposed(dev, "alert-8848", title="Restart the payments workers")
    await _says(of, "|a newer fix>")
    return of


_MADE: Final[dict[str, Callable[[Program], Awaitable[Shown]]]] = {
    "proposed": lambda dev: _proposed(dev, "alert-8841", **_SCRIPT),
    "template": lambda dev: _proposed(dev, "ticket-312", **_TEMPLATE),
    "decided": lambda dev: _clicked(dev, "alert-8842", "apply", says="Apply it", **_SCRIPT),
    "to-draft": lambda dev: _clicked(dev, "alert-8843", "draft_template", says="Draft a template"),
    "pending": lambda dev: _judged(dev, "alert-8844", _PENDING, "waiting to verify"),
    "partial": lambda dev: _judged(
        dev, "alert-8845", {"outcome": "applied_partial", "notes": "Checkout works, refunds still time out."}, "partly"
    ),
    "worked": lambda dev: _clicked(dev, "alert-8846", "apply", "worked", says="Worked"),
    "reported": _reported,
    "failed": lambda dev: _judged(
        dev, "alert-8849", {"outcome": "applied_failed", "reason": "The pool fills up again within a minute."}, "Didn't"
    ),
    "dismissed": lambda dev: _clicked(dev, "alert-8850", "dismiss", says="Dismissed"),
    "superseded": _superseded,
}


async def every(dev: Program, looking: Camera, album: Path) -> None:
    """Write a picture of the card in every state, of a form, and of the reminder; wide and narrow, light and dark."""
    made = {name: await make(dev) for name, make in _MADE.items()}
    reminded = await _reminded(dev)
    for theme in THEMES:
        for width, size in WIDTHS.items():
            async with looking.look(theme, size) as page:
                for name, of in made.items():
                    await take(page, of.ts, album / f"{NAME}-{name}-{width}-{theme}.png")
            await _thread(looking, reminded, theme, size, album / f"{NAME}-reminded-{width}-{theme}.png")
            await _form(dev, looking, made["decided"], theme, size, album / f"{NAME}-form-{width}-{theme}.png")


async def _reminded(dev: Program) -> Shown:
    """A fix whose reminder is in the thread of its card."""
    of = await _clicked(dev, "alert-8851", "apply", says="Apply it")
    await dev.operate("update fixes set due_at = clock_timestamp() where session = 'alert-8851'", about={})

    async def notes() -> list[Any]:
        return [message for message in await dev.all_messages(of.channel) if message.get("thread_ts") == of.ts]

    await until(notes, lambda found: len(found) > 1, within=60)
    return of


async def _thread(looking: Camera, of: Shown, theme: Theme, size: tuple[int, int], path: Path) -> None:
    async with looking.look(theme, size) as page:
        await card(page, of.ts).get_by_role("button", name="1 reply").click()
        await expect(page.get_by_role("button", name="Still waiting…").first).to_be_visible()
        await page.screenshot(path=path)


async def _form(dev: Program, looking: Camera, of: Shown, theme: Theme, size: tuple[int, int], path: Path) -> None:
    """The form behind Waiting to verify…"""
    async with looking.look(theme, size) as page:
        await card(page, of.ts).get_by_role("button", name="Waiting to verify…", exact=True).click()
        form = page.get_by_role("dialog").first
        await expect(form.get_by_role("button", name="Cancel")).to_be_visible()
        await page.screenshot(path=path)
    await forms.close_all(dev)


async def _says(of: Shown, words: str) -> None:
    await until(of.text, lambda text: words in text, within=60)
