"""Pictures of forms: opened by a click on a real card, filled in, corrected, submitted, or too late."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.pictures.camera import Camera, Theme, card
from tests.pictures.cards import RELEASE
from tests.sandbox.slack.browser.driver import Locator, Page, expect
from tests.scenarios.program import Program

_WHY = "Not on a Friday: nobody is on call until Monday."
_COMMENTED = {
    **RELEASE,
    "comment": {"deny": {"label": "Why not?", "required": True, "placeholder": "One sentence", "max_length": 60}},
    "respond": True,
    "responders": {"users": ["U0ANA", "U0BOB"]},
}
_SERVICES = ("API", "Worker", "Scheduled jobs", "Search")
_RESTART = {
    "kind": "choice",
    "title": "Which services should be restarted tonight?",
    "options": [{"id": name.lower().replace(" ", "-"), "label": name} for name in _SERVICES],
    "multiple": {"min": 1, "max": 3},
}
_INDEX = {
    "kind": "choice",
    "title": "Which shards need a new index?",
    "options": [{"id": f"shard-{n}", "label": f"Shard {n}"} for n in range(1, 41)],
    "multiple": {"min": 1},
}
_STATUS = {
    "kind": "text",
    "title": "What should the status page say?",
    "body": "Checkout has failed for **3 %** of customers since 14:05.",
    "input": {
        "label": "Message for customers",
        "placeholder": "What happened, and what to do meanwhile",
        "initial": "We are looking into problems with checkout.",
    },
    "suggestions": ["Checkout may be slow at the moment."],
}
REFUND: dict[str, Any] = {
    "kind": "approval",
    "title": "Refund order 4711 in full?",
    "action": {
        "name": "refund",
        "arguments": {"order": 4711, "amount": "89.00", "notify": True, "to": {"iban": "DE02"}},
    },
    "edit": True,
}
SERVICE: dict[str, Any] = {
    "kind": "questions",
    "title": "Before I set up the service",
    "questions": [
        {"id": "region", "title": "Which region?", "options": [{"id": name, "label": name} for name in ("EU", "US")]},
        {
            "id": "shard",
            "title": "Which shard?",
            "options": [{"id": f"shard-{n}", "label": f"Shard {n}"} for n in range(1, 41)],
        },
        {"id": "name", "title": "What should it be called?", "input": {"multiline": False, "max_length": 40}},
        {"id": "notes", "title": "Anything else?", "required": False},
    ],
}


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A form on a page, and the interaction for whose card it was opened."""

    dev: Program
    asked: Mapping[str, Any]
    page: Page
    form: Locator


@dataclass(frozen=True, kw_only=True)
class FormPicture:
    """One picture: the request, the button that opens the form, and what happens before the picture is taken."""

    name: str
    request: Mapping[str, Any]
    button: str
    before: Callable[[Stage], Awaitable[None]]


async def _nothing(stage: Stage) -> None:
    await expect(stage.form.get_by_role("button", name="Cancel")).to_be_visible()


async def _typed(stage: Stage) -> None:
    await stage.form.get_by_role("textbox").fill(_WHY)


async def _refused(stage: Stage) -> None:
    await stage.form.get_by_role("textbox").fill(" ")
    await _submit(stage)
    await expect(stage.form.get_by_text("Please enter some text.")).to_be_visible()


async def _selected(stage: Stage) -> None:
    for name in _SERVICES[1:3]:
        await stage.form.get_by_role("checkbox", name=name).check()


async def _searched(stage: Stage) -> None:
    field = stage.form.get_by_role("combobox")
    await field.click()
    for number in (3, 33):
        await stage.form.get_by_role("option", name=f"Shard {number}", exact=True).click()
    await field.press_sequentially("3")


async def _ended(stage: Stage) -> None:
    await _typed(stage)
    await stage.dev.click(dict(stage.asked), "U0BOB", replica=0)
    await expect(stage.form.get_by_text("already")).to_be_visible()


async def _late(stage: Stage) -> None:
    await _ended(stage)
    await _submit(stage)
    await expect(stage.page.get_by_role("dialog", name="Not recorded")).to_be_visible()


async def _submit(stage: Stage) -> None:
    await stage.page.keyboard.press("Control+Enter")


PICTURES = (
    FormPicture(name="comment", request=_COMMENTED, button="Deny", before=_typed),
    FormPicture(name="comment-refused", request=_COMMENTED, button="Deny", before=_refused),
    FormPicture(name="comment-ended", request=_COMMENTED, button="Deny", before=_ended),
    FormPicture(name="comment-not-recorded", request=_COMMENTED, button="Deny", before=_late),
    FormPicture(name="reply", request=_COMMENTED, button="Reply", before=_nothing),
    FormPicture(name="options", request=_RESTART, button="Select options", before=_selected),
    FormPicture(name="menu", request=_INDEX, button="Select options", before=_searched),
    FormPicture(name="edit", request=REFUND, button="Edit…", before=_nothing),
    FormPicture(name="questions", request=SERVICE, button="Answer", before=_nothing),
    FormPicture(name="text", request=_STATUS, button="Answer", before=_nothing),
)


async def take(
    dev: Program, looking: Camera, picture: FormPicture, theme: Theme, size: tuple[int, int], path: Path
) -> None:
    """Ask, open the form as @ana in a window of this size, and write the picture of the window."""
    asked = await dev.posted(await dev.ask(**picture.request))
    ts = asked["cards"][0]["ts"]
    async with looking.look(theme, size) as page:
        await card(page, ts).get_by_role("button", name=picture.button, exact=True).click()
        form = page.get_by_role("dialog").first
        await expect(form).to_be_visible()
        await picture.before(Stage(dev=dev, asked=asked, page=page, form=form))
        await page.screenshot(path=path)
    await close_all(dev)


async def close_all(dev: Program) -> None:
    """Close what @ana has open, without the page's question whether to discard the entries."""
    for view in (await dev.views("U0ANA"))["views"]:
        await dev.close_view(view, "U0ANA", clear=True)
