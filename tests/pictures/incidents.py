"""Pictures of incidents: the card in every status, made by real use, its forms, and the thread with its updates."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bridge.card import action_ids
from tests.pictures import forms
from tests.pictures.camera import THEMES, WIDTHS, Camera, Theme, card, take
from tests.pictures.recoveries import says
from tests.sandbox.slack.browser.driver import Locator, Page, expect
from tests.scenarios import rounds
from tests.scenarios.program import Program
from tests.scenarios.rounds import Shown
from tests.waiting import until

NAME: Final = "incident"
_CREATE: Final = {
    "title": "Payments fail in eu-west-1",
    "description": "About a third of card payments end with a timeout since the deployment of payments 4.2.0.",
    "severity": "major",
    "systems": ["payments", "checkout"],
    "initial_message": "Error rate 31 %, rising.",
    "agent": {"name": "Alertmanager", "run": "alert-8841", "url": "https://alertmanager.example.com"},
    "to": {"channel": "C0APPROVALS"},
}
_ALERTS: Final = """Firing (alert-8841): 2 of 2 alerts
• HighErrorRate, instance=shop-1:9100: 31 % of payments fail on shop-1
• HighErrorRate, instance=shop-2:9100: 12 % of payments fail on shop-2"""
_POOL: Final = "The connection pool of orders-db is exhausted."


async def opened(dev: Program, **fields: Any) -> Shown:
    """An incident with its card."""
    status, made = await dev.call("POST", f"{dev.bridge(0)}/v1/incidents", {**_CREATE, **fields})
    assert status == 201, made
    return await rounds.shown(dev, "incidents", made["id"])


async def _said(of: Shown, message: str, **fields: Any) -> None:
    status, told = await of.post("updates", {"message": message, **fields})
    assert status == 201, told


async def _set(of: Shown, status: str) -> None:
    """A click of @ana that sets a status, once its card shows the one before."""
    (of.round_id,) = [each["id"] for each in (await _round(of))["items"] if each["status"] == "pending"]
    await of.click("U0ANA", action_ids.choose(status))
    await says(of, status.capitalize())


async def _round(of: Shown) -> dict[str, Any]:
    return (await of.dev.call("GET", f"{of.dev.bridge(0)}/v1/interactions?thing={of.id}"))[1]


async def _shortest(dev: Program) -> Shown:
    return await opened(dev, description=None, initial_message=None, systems=["search"], agent=None, severity="minor")


async def _investigating(dev: Program) -> Shown:
    return await opened(dev)


async def _alerts(dev: Program) -> Shown:
    """As docs/examples/alert_hook.py makes it."""
    of = await opened(dev, initial_message=None)
    await _said(of, _ALERTS)
    await says(of, "HighErrorRate")
    return of


async def _identified(dev: Program) -> Shown:
    of = await opened(dev)
    await _said(of, _POOL, status="identified")
    await says(of, "Identified")
    return of


async def _fixing(dev: Program) -> Shown:
    of = await _identified(dev)
    await _set(of, "fixing")
    return of


async def _monitoring(dev: Program) -> Shown:
    of = await _fixing(dev)
    await _said(of, "The pool has 40 connections now.")
    await _set(of, "monitoring")
    return of


async def _resolved(dev: Program) -> Shown:
    of = await _monitoring(dev)
    await of.post("resolve", {"message": "Error rate 0.02 % for ten minutes."})
    await says(of, "Resolved")
    return of


async def _reopened(dev: Program) -> Shown:
    of = await _resolved(dev)
    await of.post("status", {"status": "investigating", "message": "It fails again."})
    await says(of, "fails again")
    return of


async def _other_systems(dev: Program) -> Shown:
    of = await opened(dev, responders={"users": ["U0ANA", "U0BOB"]})
    await dev.call("PATCH", of.url, {"severity": "critical", "systems": ["payments", "orders-db", "refunds", "ledger"]})
    await says(of, "critical")
    return of


async def _quiet(dev: Program) -> Shown:
    of = await opened(dev, responders={"users": ["U0ANA", "U0BOB"]}, suppress_notifications=True)
    await _set(of, "identified")
    return of


async def _long(dev: Program) -> Shown:
    systems = [
        f"{region}-{name}" for region in ("eu", "us", "ap", "sa") for name in ("api", "web", "jobs", "db", "mail")
    ]
    sentence = "The replicas of the database in this region are behind, and reads of orders are up to ten minutes old. "
    of = await opened(dev, systems=systems, description=sentence * 20, title="Orders are shown late " * 6)
    for _ in range(5):
        await _said(of, sentence * 10)
    await says(of, "earlier updates")
    return of


_MADE: Final[dict[str, Callable[[Program], Awaitable[Shown]]]] = {
    "shortest": _shortest,
    "investigating": _investigating,
    "alerts": _alerts,
    "identified": _identified,
    "fixing": _fixing,
    "monitoring": _monitoring,
    "resolved": _resolved,
    "reopened": _reopened,
    "other-systems": _other_systems,
    "quiet": _quiet,
    "long": _long,
}


@dataclass(frozen=True, kw_only=True)
class _FormPicture:
    """The form behind a button, after a person has done something in it."""

    name: str
    button: str
    before: Callable[[Page, Locator, Shown], Awaitable[None]]


async def _nothing(_: Page, form: Locator, __: Shown) -> None:
    await expect(form.get_by_role("button", name="Cancel")).to_be_visible()


async def _refused(page: Page, form: Locator, _: Shown) -> None:
    await page.keyboard.press("Control+Enter")
    await expect(form.get_by_text("Please")).to_be_visible()


async def _menu(_: Page, form: Locator, __: Shown) -> None:
    await form.get_by_role("combobox").click()
    await expect(form.get_by_role("option", name="Critical")).to_be_visible()


async def _late(page: Page, form: Locator, of: Shown) -> None:
    await form.get_by_role("textbox").fill("The pool is larger now.")
    await of.post("resolve", {"message": "Error rate 0.02 % for ten minutes."})
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("dialog", name="Not recorded")).to_be_visible()


_FORMS: Final = (
    _FormPicture(name="severity", button="Severity…", before=_nothing),
    _FormPicture(name="severity-menu", button="Severity…", before=_menu),
    _FormPicture(name="update", button="Add update…", before=_nothing),
    _FormPicture(name="update-refused", button="Add update…", before=_refused),
    _FormPicture(name="update-late", button="Add update…", before=_late),
    _FormPicture(name="resolve", button="Resolve…", before=_nothing),
    _FormPicture(name="resolve-late", button="Resolve…", before=_late),
)


async def every(dev: Program, looking: Camera, album: Path) -> None:
    """Write pictures of the card in every status, of its forms and of a thread, wide and on a phone, light and dark."""
    made = {name: await make(dev) for name, make in _MADE.items()}
    await until(
        lambda: _notes(made["monitoring"]), lambda notes: any("monitoring" in note for note in notes), within=60
    )
    for theme in THEMES:
        for width, size in WIDTHS.items():
            async with looking.look(theme, size) as page:
                for name, of in made.items():
                    await take(page, of.ts, album / f"{NAME}-{name}-{width}-{theme}.png")
            await _thread(looking, made["monitoring"], theme, size, album / f"{NAME}-thread-{width}-{theme}.png")
            for picture in _FORMS:
                path = album / f"{NAME}-form-{picture.name}-{width}-{theme}.png"
                await _form(dev, looking, picture, theme, size, path)


async def _notes(of: Shown) -> Sequence[str]:
    messages = await of.dev.all_messages(of.channel)
    return [each["text"] for each in messages if each.get("thread_ts") == of.ts != each["ts"]]


async def _thread(looking: Camera, of: Shown, theme: Theme, size: tuple[int, int], path: Path) -> None:
    async with looking.look(theme, size) as page:
        await card(page, of.ts).locator(".thread-link").click()
        await expect(page.get_by_role("complementary", name="Thread").get_by_role("article").last).to_be_visible()
        await page.screenshot(path=path)


async def _form(
    dev: Program, looking: Camera, picture: _FormPicture, theme: Theme, size: tuple[int, int], path: Path
) -> None:
    of = await opened(dev)
    async with looking.look(theme, size) as page:
        await card(page, of.ts).get_by_role("button", name=picture.button, exact=True).click()
        form = page.get_by_role("dialog").first
        await expect(form).to_be_visible()
        await picture.before(page, form, of)
        await page.screenshot(path=path)
    await forms.close_all(dev)
