"""The README's picture: a card before the click that answers it, and then as a person sees it who clicked too late."""

from base64 import b64encode
from html import escape
from pathlib import Path
from typing import Any

from bridge.card.action_ids import choose
from tests.pictures.camera import THEMES, Camera, Theme, card
from tests.sandbox.slack.browser.driver import expect
from tests.scenarios.program import Program

NAME = "approval"
_SIZE = (480, 900)
_SHARP = 2
_QUESTION: dict[str, Any] = {
    "kind": "approval",
    "title": "Deploy payments 4.2.0 to production?",
    "body": "All **214** checks passed; rollback takes *2 minutes*.",
    "action": {"name": "deploy", "arguments": {"service": "payments", "version": "4.2.0"}},
    "facts": [{"name": "Open incidents", "value": "none"}],
    "agent": {"name": "Release agent", "run": "run-8841"},
    "responders": {"users": ["U0ANA", "U0BOB"]},
}
_COLOURS = {
    "light": "--page: #fff; --line: #d0d7de; --words: #57606a",
    "dark": "--page: #1a1d21; --line: #3d444d; --words: #9198a1",
}


async def tell(dev: Program, looking: Camera, album: Path) -> None:
    """Write `approval-light.png` and `approval-dark.png`."""
    interaction = await dev.ask(**_QUESTION)
    before = {theme: await _pending(looking, theme, interaction["cards"][0]["ts"]) for theme in THEMES}
    await dev.click(interaction, "U0ANA", replica=0)
    await dev.settled(interaction)
    await dev.click(interaction, "U0BOB", replica=0, action_id=choose("deny"))
    for theme in THEMES:
        after = await _settled(looking, theme, interaction["cards"][0]["ts"])
        panels = [
            ("An agent asks. @ana clicks …", before[theme]),
            ("… and @bob, who was a moment late, sees this:", after),
        ]
        await compose(looking, theme, panels, album / f"{NAME}-{theme}.png")


async def _pending(looking: Camera, theme: Theme, ts: str) -> bytes:
    async with looking.look(theme, _SIZE, sharp=_SHARP) as page:
        await expect(card(page, ts).get_by_role("button", name="Approve")).to_be_visible()
        return await card(page, ts).screenshot()


async def _settled(looking: Camera, theme: Theme, ts: str) -> bytes:
    """The card with the private reply below it."""
    async with looking.look(theme, _SIZE, as_="U0BOB", sharp=_SHARP) as page:
        reply = page.get_by_role("article", name="only visible to you")
        await expect(reply).to_be_visible()
        await reply.scroll_into_view_if_needed()
        top, bottom = await card(page, ts).bounding_box(), await reply.bounding_box()
        assert top is not None and bottom is not None
        begin, end = round(top["y"]), round(bottom["y"] + bottom["height"])
        return await page.screenshot(clip={"x": 0, "y": begin, "width": _SIZE[0], "height": end - begin})


async def compose(
    looking: Camera, theme: Theme, panels: list[tuple[str, bytes]], path: Path, *, sharp: float = _SHARP
) -> None:
    """Write a picture of the panels, two in a row, under their captions; transparent, so that it fits any page."""
    figures = [
        f"<figure><figcaption>{escape(words)}</figcaption>"
        f'<img src="data:image/png;base64,{b64encode(shot).decode()}"></figure>'
        for words, shot in panels
    ]
    page = await looking.browser.new_page(viewport={"width": 1000, "height": 800}, device_scale_factor=sharp)
    await page.set_content(f"<style>body {{ {_COLOURS[theme]}; {_STYLE}</style><main>{''.join(figures)}</main>")
    await page.wait_for_function("() => [...document.images].every((image) => image.complete && image.naturalWidth)")
    await page.locator("main").screenshot(path=path, omit_background=True)
    await page.close()


_STYLE = """margin: 0; background: transparent; color: var(--words); font: 600 15px "Liberation Sans", sans-serif }
main { display: inline-grid; grid-template-columns: auto auto; align-items: start; gap: 20px }
figure { margin: 0 }
figcaption { padding: 0 2px 8px }
img { display: block; width: 480px; padding-top: 8px; border: 1px solid var(--line); border-radius: 12px;
  background: var(--page) }
"""
