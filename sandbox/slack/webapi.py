"""The door of the Web API: who calls, what is asked, what is answered."""

from dataclasses import dataclass

from aiohttp import web

from sandbox.slack import answers, arguments
from sandbox.slack.errors import RateLimitedError, SlackError
from sandbox.slack.faults import Fault, Faults, Kind
from sandbox.slack.methods.call import Call, channels_meant
from sandbox.slack.methods.table import METHODS, Method
from sandbox.slack.model import App, Json
from sandbox.slack.ratelimit import PostingLimit
from sandbox.slack.requests import Record
from sandbox.slack.world import World


@dataclass(frozen=True, kw_only=True)
class WebApi:
    """Answers `/api/<method>`. Errors come as Slack's do: HTTP 200, `ok: false`, always JSON."""

    world: World
    faults: Faults
    record: Record
    posting_limit: PostingLimit | None

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/api/{method}", self.answer), web.post("/api/{method}", self.answer)]

    async def answer(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        try:
            args = await arguments.read(request)
        except SlackError as error:
            return self._refused(method, {}, error)
        token = arguments.token(request, args)
        fault = self.faults.take(method, channels=channels_meant(args, app=self.world.app))
        if fault is None:
            return self._perform(request, method=method, args=args, token=token)
        return await self._faulty(request, fault, method=method, args=args, token=token)

    async def _faulty(
        self, request: web.Request, fault: Fault, *, method: str, args: Json, token: str | None
    ) -> web.Response:
        match fault.kind:
            case Kind.RATELIMITED:
                self.record.add(method=method, args=args, status=429, error="ratelimited")
            case Kind.STATUS | Kind.HTML:
                self.record.add(method=method, args=args, status=fault.status, error=fault.kind)
            case Kind.DROP_BEFORE:
                self.record.add(method=method, args=args, status=0, error=fault.kind)
        return await answers.faulty(
            request,
            fault,
            perform=lambda: self._perform(request, method=method, args=args, token=token),
            refuse=lambda error: self._refused(method, args, SlackError(error)),
        )

    def _perform(self, request: web.Request, *, method: str, args: Json, token: str | None) -> web.Response:
        try:
            known = _method(method)
            call = Call(
                world=self.world,
                app=self._app(token),
                arguments=args,
                origin=f"{request.scheme}://{request.host}",
                posting_limit=self.posting_limit,
            )
            body = {"ok": True, **known(call)}
        except SlackError as error:
            return self._refused(method, args, error)
        except RateLimitedError as error:
            self.record.add(method=method, args=args, status=429, error="ratelimited")
            return answers.rate_limited(error.retry_after)
        self.record.add(method=method, args=args, status=200, error=None)
        return self._json(body)

    def _app(self, token: str | None) -> App:
        if token is None:
            raise SlackError("not_authed")
        app = self.world.app_with_token(token)
        if app is None:
            raise SlackError("invalid_auth")
        return app

    def _refused(self, method: str, args: Json, error: SlackError) -> web.Response:
        self.record.add(method=method, args=args, status=200, error=error.error)
        return self._json({"ok": False, "error": error.error, **error.more})

    def _json(self, body: Json) -> web.Response:
        return web.json_response(body, headers={"x-oauth-scopes": ",".join(self.world.app.scopes)})


def _method(name: str) -> Method:
    if name not in METHODS:
        raise SlackError("unknown_method", req_method=name)
    return METHODS[name]
