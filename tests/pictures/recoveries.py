"""Pictures of recovery actions: the card in every status, made by real use, and the form behind Blocked…"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from bridge.card import action_ids
from tests.pictures import forms
from tests.pictures.camera import THEMES, WIDTHS, Camera, Theme, card, take
from tests.sandbox.slack.browser.driver import expect
from tests.scenarios import rounds
from tests.scenarios.commands import run
from tests.scenarios.program import Program
from tests.scenarios.rounds import Shown
from tests.waiting import until

NAME: Final = "recovery"
_CHANNEL: Final = "C0APPROVALS"
_REPORT: Final = {
    "kind": "health_check_failed",
    "cause": "Two of twelve instances do not become healthy: their connection pool is exhausted.",
    "fingerprint": "payments:pool-exhausted",
    "next_action": "Raise the limit of connections, or roll back to 4.1.9. Then run the health checks again.",
    "owner": {"agent": "deployer"},
    "max_attempts": 5,
    "to": {"channel": _CHANNEL},
    "agent": {"name": "Watchdog", "run": "night-17"},
}
_EVIDENCE: Final = {
    "instances": {"healthy": 10, "unhealthy": 2},
    "error_rate": 0.013,
    "last_error": "remaining connection slots are reserved",
    "database": "orders",
    "pool": {"size": 20, "waiting": 143},
}
_MORE: Final = {f"probe_{number}": f"timeout after {number}000 ms" for number in range(1, 9)}


async def report(dev: Program, id: str, **fields: Any) -> dict[str, Any]:
    """Report that a deployment is stuck."""
    source = {"type": "deployment", "id": id, "url": "https://ci.example.com/deployments/8841?tab=log"}
    status, made = await dev.call("POST", f"{dev.bridge(0)}/v1/recoveries", {**_REPORT, "source": source, **fields})
    assert status < 300, made
    return made


async def reported(dev: Program, id: str, *, times: int = 1, **fields: Any) -> Shown:
    """A recovery with its card, after some reports."""
    made: dict[str, Any] = {}
    for _ in range(times):
        made = await report(dev, id, **fields)
    return await rounds.shown(dev, "recoveries", made["id"])


async def _active(dev: Program) -> Shown:
    return await reported(dev, "api-7.1.0", max_attempts=None, owner=None, agent=None)


async def _third(dev: Program) -> Shown:
    of = await reported(dev, "payments-4.2.0", times=3, evidence=_EVIDENCE | _MORE)
    await says(of, "attempt 3 of 5")
    return of


async def _owned(dev: Program) -> Shown:
    return await reported(dev, "search-2.4.0", owner={"user": "U0BOB"}, max_attempts=None)


async def _escalated(dev: Program) -> Shown:
    escalation = {"escalate_to": [{"user": "U0ANA"}, {"board": True}]}
    of = await reported(dev, "orders-3.3.1", times=3, max_attempts=2, wake_policy=escalation)
    await says(of, "Escalated")
    return of


def _clicked(choice: str, word: str) -> Callable[[Program], Awaitable[Shown]]:
    async def made(dev: Program) -> Shown:
        of = await reported(dev, f"worker-{choice}")
        await of.click("U0ANA", action_ids.choose(choice))
        await says(of, word)
        return of

    return made


async def _blocked_by_a_link(dev: Program) -> Shown:
    of = await reported(dev, "carts-1.9.0")
    issue = {"type": "issue", "id": "DB-771", "url": "https://issues.example.com/browse/DB-771"}
    ending = {"outcome": "blocked", "blocker": {"external": issue}, "note": "The database is enlarged on Monday."}
    await of.post("resolve", ending)
    await says(of, "Blocked")
    return of


async def _blocked_by_another(dev: Program) -> Shown:
    blocker, of = await report(dev, "database-15.4"), await reported(dev, "stock-5.0.2")
    await of.post("resolve", {"outcome": "blocked", "blocker": {"id": blocker["id"]}})
    await says(of, "Blocked")
    return of


async def _moved(dev: Program) -> Shown:
    of = await reported(dev, "mail-1.1.7")
    await report(dev, "mail-1.1.7", to=[{"channel": "C0GENERAL"}, {"user": "U0BOB"}])
    await says(of, "Moved")
    return of


_MADE: Final[dict[str, Callable[[Program], Awaitable[Shown]]]] = {
    "active": _active,
    "third-attempt": _third,
    "owned-by-a-person": _owned,
    "escalated": _escalated,
    "restored": _clicked("restored", "Restored"),
    "false-positive": _clicked("false_positive", "False positive"),
    "cancelled": _clicked("cancelled", "Cancelled"),
    "blocked-by-a-link": _blocked_by_a_link,
    "blocked-by-another": _blocked_by_another,
    "moved": _moved,
}


async def every(dev: Program, looking: Camera, album: Path) -> None:
    """Write a picture of the card in every status, and of the form, wide and on a phone, light and dark."""
    made = {name: await make(dev) for name, make in _MADE.items()}
    await _every(looking, made, album)
    for theme in THEMES:
        for width, size in WIDTHS.items():
            for is_corrected in (False, True):
                name = "form-blocked-refused" if is_corrected else "form-blocked"
                path = album / f"{NAME}-{name}-{width}-{theme}.png"
                await _form(dev, looking, made["third-attempt"], theme, size, path, is_corrected=is_corrected)
    of = made["third-attempt"]
    await run(
        "connections", "disable", (await of.get())["connection"], ASKBRIDGE_DATABASE_URL=dev.facts["database_url"]
    )
    await says(of, "cannot be acted on")
    await _every(looking, {"disconnected": of}, album)


async def _every(looking: Camera, made: dict[str, Shown], album: Path) -> None:
    for theme in THEMES:
        for width, size in WIDTHS.items():
            async with looking.look(theme, size) as page:
                for name, of in made.items():
                    await take(page, of.ts, album / f"{NAME}-{name}-{width}-{theme}.png")


async def _form(
    dev: Program, looking: Camera, of: Shown, theme: Theme, size: tuple[int, int], path: Path, *, is_corrected: bool
) -> None:
    """The form behind Blocked…; corrected: submitted with nothing entered."""
    async with looking.look(theme, size) as page:
        await card(page, of.ts).get_by_role("button", name="Blocked…", exact=True).click()
        form = page.get_by_role("dialog").first
        await expect(form.get_by_role("button", name="Cancel")).to_be_visible()
        if is_corrected:
            await page.keyboard.press("Control+Enter")
            await expect(form.get_by_text("Please say what blocks this")).to_be_visible()
        await page.screenshot(path=path)
    await forms.close_all(dev)


async def says(of: Shown, words: str) -> None:
    """Wait until its card says this."""
    await until(of.text, lambda text: words in text, within=60)
