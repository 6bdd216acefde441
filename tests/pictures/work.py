"""Pictures of work items: the card in every state, made by real use, and the forms behind Done… and Blocked…"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from bridge.card import action_ids
from bridge.forms import codec
from tests.pictures import forms
from tests.pictures.camera import THEMES, WIDTHS, Camera, Theme, card, take
from tests.sandbox.slack.browser.driver import expect
from tests.scenarios import rounds
from tests.scenarios.program import Program
from tests.scenarios.rounds import Shown
from tests.waiting import until

NAME: Final = "work"
_CHANNEL: Final = "C0APPROVALS"
_ITEM: Final = {
    "title": "Import the customers of the old shop",
    "body": "The export has 48,210 rows. Leave out those without an order since 2019.",
    "phase": "import",
    "priority": 10,
    "acceptance": {"rows": 48210, "checks": ["no customer twice", "every address has a country"]},
    "to": {"channel": _CHANNEL},
    "agent": {"name": "Planner", "run": "plan-7"},
}
_FORMS: Final = {"done": "Done…", "blocked": "Blocked…"}


async def _added(dev: Program, id: str, **fields: Any) -> Shown:
    status, made = await dev.call("POST", f"{dev.bridge(0)}/v1/work", {**_ITEM, "id": id, **fields})
    assert status == 201, made
    return await rounds.shown(dev, "work", id)


async def _waiting(dev: Program) -> Shown:
    for id in ("create-schema", "export-customers"):
        unseen = {"id": id, "title": "Something before", "priority": -5}
        status, made = await dev.call("POST", f"{dev.bridge(0)}/v1/work", unseen)
        assert status == 201, made
    return await _added(dev, "import-waiting", depends_on=["create-schema", "export-customers"])


async def _taken(dev: Program, id: str) -> Shown:
    of = await _added(dev, id)
    await of.click("U0ANA", action_ids.choose("take"))
    await _says(of, "Taken")
    return await rounds.shown(dev, "work", id)


async def _leased(dev: Program, id: str, *, attempts: int = 1) -> Shown:
    of = await _added(dev, id)
    for attempt in range(1, attempts + 1):
        status, made = await dev.call("POST", f"{dev.bridge(0)}/v1/work/lease", {"owner": "importer-2", "id": id})
        assert (status, made["attempts"]) == (200, attempt), made
        if attempt < attempts:
            await of.post("release", {"fence": attempt})
    await _says(of, "by the agent")
    return of


async def _given_back(dev: Program) -> Shown:
    of = await _leased(dev, "import-given-back", attempts=2)
    await of.post("reclaim", {"reason": "It hangs."})
    await _says(of, "taken twice before")
    return of


async def _blocked(dev: Program) -> Shown:
    of = await _leased(dev, "import-blocked")
    await of.post("block", {"fence": 1, "reason": "The old shop asks for a second factor, which only Bob has."})
    await _says(of, "Blocked")
    return of


async def _done(dev: Program) -> Shown:
    of = await _leased(dev, "import-done")
    await of.post("complete", {"fence": 1, "result": "48,207 of 48,210 rows; the other three have no address."})
    await _says(of, "Done")
    return of


async def _done_by_a_person(dev: Program) -> Shown:
    of = await _taken(dev, "import-done-by-ana")
    view = (await of.click("U0ANA", action_ids.open_form("done"), wait_view=3))["view"]
    words = "All of them but three, which have no address."
    await dev.submit(view, {codec.block_id("result"): {codec.INPUT: words}}, replica=0)
    await _says(of, "Done")
    return of


_MADE: Final[dict[str, Callable[[Program], Awaitable[Shown]]]] = {
    "ready": lambda dev: _added(dev, "import-customers"),
    "waiting": _waiting,
    "taken": lambda dev: _taken(dev, "import-taken"),
    "leased": lambda dev: _leased(dev, "import-leased"),
    "leased-again": lambda dev: _leased(dev, "import-leased-again", attempts=3),
    "given-back": _given_back,
    "blocked": _blocked,
    "done": _done,
    "done-by-a-person": _done_by_a_person,
}


async def every(dev: Program, looking: Camera, album: Path) -> None:
    """Write a picture of the card in every state, and of both forms; wide and narrow, light and dark."""
    made = {name: await make(dev) for name, make in _MADE.items()}
    for theme in THEMES:
        for width, size in WIDTHS.items():
            async with looking.look(theme, size) as page:
                for name, of in made.items():
                    await take(page, of.ts, album / f"{NAME}-{name}-{width}-{theme}.png")
            for name, button in _FORMS.items():
                path = album / f"{NAME}-form-{name}-{width}-{theme}.png"
                await _form(dev, looking, made["taken"], button, theme, size, path)


async def _form(
    dev: Program, looking: Camera, of: Shown, button: str, theme: Theme, size: tuple[int, int], path: Path
) -> None:
    """The form behind a button."""
    async with looking.look(theme, size) as page:
        await card(page, of.ts).get_by_role("button", name=button, exact=True).click()
        form = page.get_by_role("dialog").first
        await expect(form.get_by_role("button", name="Cancel")).to_be_visible()
        await page.screenshot(path=path)
    await forms.close_all(dev)


async def _says(of: Shown, words: str) -> None:
    await until(of.text, lambda text: words in text, within=60)
