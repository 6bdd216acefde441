"""`make pictures`: takes the docs' pictures anew and, given a folder, one of every card and form in every status."""

import asyncio
import sys
import tempfile
from collections.abc import Awaitable
from pathlib import Path

from storage.model import Status
from tests.pictures import fixes, forms, incidents, recoveries, story, things, words, work
from tests.pictures.camera import THEMES, WIDTHS, Camera, camera, take
from tests.pictures.cards import FORMS, STAGES, make, make_stage
from tests.scenarios import program
from tests.scenarios.program import Program

_AT_ONCE = 4  # cards; making one sends up to fifty requests a second, and an organization may send two hundred
DOCS = Path(__file__).parents[2] / "docs" / "pictures"


async def _all(album: Path | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with program.running(Path(folder), replicas=1) as dev, camera(dev.facts["slack_url"]) as looking:
            await story.tell(dev, looking, DOCS)
            await words.tell(dev, looking, DOCS)
            await things.tell(dev, looking, DOCS)
            if album is not None:
                await _every_card(dev, looking, album)
                await _every_form(dev, looking, album)
                await incidents.every(dev, looking, album)
                await fixes.every(dev, looking, album)
                await work.every(dev, looking, album)
                await recoveries.every(dev, looking, album)  # the last, because it disables the connection


async def _every_card(dev: Program, looking: Camera, album: Path) -> None:
    at_once = asyncio.Semaphore(_AT_ONCE)

    async def one(making: Awaitable[str]) -> str:
        async with at_once:
            return await making

    made = [make(dev, form, status) for form in FORMS for status in Status]
    made += [make_stage(dev, form, stage) for form in FORMS for stage in STAGES]
    wanted = [(form, str(status)) for form in FORMS for status in Status]
    wanted += [(form, stage) for form in FORMS for stage in STAGES]
    cards = await asyncio.gather(*(one(making) for making in made))
    for theme in THEMES:
        for width, size in WIDTHS.items():
            async with looking.look(theme, size) as page:
                for (form, look), ts in zip(wanted, cards, strict=True):
                    await take(page, ts, album / f"{form.name}-{look}-{width}-{theme}.png")


async def _every_form(dev: Program, looking: Camera, album: Path) -> None:
    for theme in THEMES:
        for width, size in WIDTHS.items():
            for picture in forms.PICTURES:
                path = album / f"form-{picture.name}-{width}-{theme}.png"
                await forms.take(dev, looking, picture, theme, size, path)


if __name__ == "__main__":
    asyncio.run(_all(Path(sys.argv[1]) if len(sys.argv) > 1 else None))
