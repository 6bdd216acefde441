"""The sandbox's page: static files, served with strict security headers."""

from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

STATIC = Path(__file__).parent / "static"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
_TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".txt": "text/plain",
    ".md": "text/plain",
}


@dataclass(frozen=True, kw_only=True)
class Page:
    """The routes of the page, whose files are below `folder`."""

    folder: Path = STATIC

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self.index),
            web.get("/archives/{channel}/{message}", self.index),  # where permalinks lead
            web.get("/static/{name:.+}", self.static),
        ]

    async def index(self, _request: web.Request) -> web.Response:
        return self._file("index.html")

    async def static(self, request: web.Request) -> web.Response:
        return self._file(request.match_info["name"])

    def _file(self, name: str) -> web.Response:
        """The response with a file below `folder` of a known type; 404 for anything else."""
        path = (self.folder / name).resolve()
        kind = _TYPES.get(path.suffix) or ("text/plain" if path.name.startswith("LICENSE") else None)
        if kind is None or not path.is_relative_to(self.folder.resolve()) or not path.is_file():
            return web.Response(status=404, text="not found", headers=HEADERS)
        charset = None if kind.startswith("image/") else "utf-8"
        return web.Response(body=path.read_bytes(), content_type=kind, charset=charset, headers=HEADERS)
