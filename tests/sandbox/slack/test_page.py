from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from sandbox.slack.server import Sandbox


@pytest.fixture
async def slack(tmp_path: Path) -> AsyncIterator[Sandbox]:
    """A sandbox with the folder of a page made by this test, so that it does not depend on the real page."""
    folder = tmp_path / "static"
    (folder / "vendor").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>not Slack</title>")
    (folder / "main.js").write_text("export {}")
    (folder / "vendor" / "style.css").write_text("p{}")
    (folder / "notes.py").write_text("no")
    (tmp_path / "secret.txt").write_text("secret")
    async with Sandbox(static=folder) as running:
        yield running


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html"),
        ("/archives/C0GENERAL/p1", "text/html"),
        ("/static/main.js", "text/javascript"),
        ("/static/vendor/style.css", "text/css"),
    ],
)
async def test_files_come_with_their_type_and_a_strict_policy(
    slack: Sandbox, http: aiohttp.ClientSession, path: str, kind: str
) -> None:
    async with http.get(slack.url + path) as answer:
        assert (answer.status, answer.content_type, answer.charset) == (200, kind, "utf-8")
        assert answer.headers["Content-Security-Policy"] == (
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
            "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/static/nothing.js",
        "/static/notes.py",
        "/static/..%2fsecret.txt",
        "/static/%2e%2e/secret.txt",
        "/static/vendor",
    ],
)
async def test_nothing_else_is_served(slack: Sandbox, http: aiohttp.ClientSession, path: str) -> None:
    async with http.get(slack.url + path) as answer:
        assert answer.status == 404
        assert "secret" not in await answer.text()
