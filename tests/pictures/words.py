"""The pictures of docs/words.md: a card, and the form that one of its buttons opens, for a request of that page."""

import json
import re
from pathlib import Path
from typing import Any, Final

from tests.pictures.camera import THEMES, Camera, Theme, card
from tests.pictures.forms import close_all
from tests.pictures.story import compose
from tests.sandbox.slack.browser.driver import Locator, expect
from tests.scenarios.program import Program

PAGE: Final = Path(__file__).parents[2] / "docs" / "words.md"
# Each picture with the button that opens the form, and what the person has entered or selected by then.
BUTTONS: Final[dict[str, tuple[str, str | list[str] | None]]] = {
    "edit": ("Edit…", None),
    "questions": ("Answer", ["Orders"]),
    "comment": ("Deny", "The parcel was delivered yesterday, and the customer has signed for it."),
    "reply": ("Reply", "Ask for a photo of the damage first; then half of it may be enough."),
    "several": ("Select options", ["API", "Search"]),
    "text": ("Answer", None),
    "form": ("Fill in…", None),
}
_REQUEST = re.compile(r"```json\n((?:(?!```).)*)```\n\n<picture>(?:(?!</picture>).)*words-(\w+)-light\.png", re.DOTALL)
_CARD = (480, 700)
_FORM = (1_000, 800)  # a form on a narrower page fills it, as on a phone
_SHARP = 2


def requests() -> dict[str, dict[str, Any]]:
    """The request above each picture of the page."""
    return {name: json.loads(body) for body, name in _REQUEST.findall(PAGE.read_text("utf-8"))}


async def tell(dev: Program, looking: Camera, album: Path) -> None:
    """Write `words-…-light.png` and `words-…-dark.png` for each request of the page."""
    for name, request in requests().items():
        button, given = BUTTONS[name]
        for theme in THEMES:
            asked = await dev.posted(await dev.ask(**request))
            before, form = await _opened(looking, theme, asked, button, given)
            await close_all(dev)
            panels = [(f"@ana clicks {button.removesuffix('…')} …", before), ("… and fills in this form:", form)]
            await compose(looking, theme, panels, album / f"words-{name}-{theme}.png")


async def _opened(
    looking: Camera, theme: Theme, asked: dict[str, Any], button: str, given: str | list[str] | None
) -> tuple[bytes, bytes]:
    """The card, and the form after the person has entered something."""
    channel, ts = asked["cards"][0]["channel"], asked["cards"][0]["ts"]
    async with looking.look(theme, _CARD, channel=channel, sharp=_SHARP) as page:
        await expect(card(page, ts).get_by_role("button", name=button, exact=True)).to_be_visible()
        before = await card(page, ts).screenshot()
    async with looking.look(theme, _FORM, channel=channel, sharp=_SHARP) as page:
        await card(page, ts).get_by_role("button", name=button, exact=True).click()
        form = page.get_by_role("dialog").first
        await expect(form.get_by_role("button", name="Cancel")).to_be_visible()
        await _enter(form, given)
        await form.evaluate("form => Object.assign(form.style, { borderRadius: 0, border: 'none', boxShadow: 'none' })")
        return before, await form.screenshot()


async def _enter(form: Locator, given: str | list[str] | None) -> None:
    if isinstance(given, str):
        await form.get_by_role("textbox").fill(given)
    for option in given if isinstance(given, list) else ():
        await form.get_by_role("checkbox", name=option).check()
