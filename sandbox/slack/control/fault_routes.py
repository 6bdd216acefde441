"""Control routes of faults: adding them, listing those that are left, clearing them."""

from dataclasses import dataclass

from aiohttp import web

from sandbox.slack.control import reading
from sandbox.slack.errors import RefusedError
from sandbox.slack.fault_classes import CLASSES
from sandbox.slack.faults import EVERY_METHOD, NO_METHODS, Fault, Faults, Kind
from sandbox.slack.methods.table import NAMES

_OTHERS = (*NO_METHODS, EVERY_METHOD)
_FAULT = ("on", "fault", "times", "retry_after", "error", "status", "seconds", "channel", "applied")


@dataclass(frozen=True, kw_only=True)
class FaultRoutes:
    """The routes below `/sandbox/faults`."""

    faults: Faults

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/sandbox/faults", self.add),
            web.get("/sandbox/faults", self.left),
            web.delete("/sandbox/faults", self.clear),
            web.get("/sandbox/faults/classes", self.classes),
        ]

    async def add(self, request: web.Request) -> web.Response:
        fault = _fault(await reading.body(request, known=_FAULT))
        return web.json_response({"fault_id": self.faults.add(fault)})

    async def left(self, _request: web.Request) -> web.Response:
        return web.json_response({"faults": self.faults.left()})

    async def classes(self, _request: web.Request) -> web.Response:
        """Every class of failure with its faults; each fault can be posted to `/sandbox/faults` with an `on` added."""
        return web.json_response({"classes": {name: one.as_json() for name, one in CLASSES.items()}})

    async def clear(self, request: web.Request) -> web.Response:
        self.faults.clear(reading.query(request, known=("fault_id",)).optional_text("fault_id"))
        return web.json_response({"ok": True})


def _fault(fields: reading.Fields) -> Fault:
    on, kind = fields.text("on"), fields.text("fault")
    if on not in NAMES and on not in _OTHERS:
        raise RefusedError(400, "invalid_fault", f"{on} is no method, and not one of {', '.join(_OTHERS)}")
    if kind not in list(Kind):
        raise RefusedError(400, "invalid_fault", f"known faults: {', '.join(Kind)}")
    missing = "retry_after" in fields and fields.raw("retry_after") is None
    default_status = 503 if kind == Kind.HTML else 500
    fault = Fault(
        on=on,
        kind=Kind(kind),
        times=int(fields.number("times", default=1, minimum=1)),
        retry_after=None if missing else int(fields.number("retry_after", default=1)),
        error=fields.optional_text("error"),
        status=int(fields.number("status", default=default_status, minimum=200, maximum=599)),
        seconds=fields.number("seconds", default=2, maximum=600),
        channel=fields.optional_text("channel"),
        applied=fields.flag("applied"),
    )
    if not fault.is_possible:
        raise RefusedError(
            400, "invalid_fault", f"{kind} cannot happen {'after the deed ' if fault.applied else ''}on {on}"
        )
    return fault
