"""The HTTP routes of the Web API: identifies the caller, performs the method, records the call, and responds."""

from dataclasses import dataclass

from aiohttp import web

from sandbox.slack import answers, arguments, limits
from sandbox.slack.errors import RateLimitedError, SlackError
from sandbox.slack.faults import Fault, Faults, Kind
from sandbox.slack.methods import scopes
from sandbox.slack.methods.call import Call
from sandbox.slack.methods.channel_names import channels_meant
from sandbox.slack.methods.table import METHODS, OPEN
from sandbox.slack.model import Installation, Json
from sandbox.slack.ratelimit import RateLimits
from sandbox.slack.requests import Record
from sandbox.slack.views.stacks import Views
from sandbox.slack.world import World


@dataclass(frozen=True, kw_only=True)
class WebApi:
    """Serves `/api/<method>`. Errors have Slack's form: HTTP 200, `ok: false`, always JSON."""

    world: World
    faults: Faults
    record: Record
    rate_limits: RateLimits | None
    views: Views

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/api/{method}", self.answer), web.post("/api/{method}", self.answer)]

    async def answer(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        try:
            args = await arguments.read(request)
        except SlackError as error:
            return self._refused(ApiRequest(method=method, args={}, installation=None, has_token=False), error)
        token = arguments.token(request, args)
        installation = self.world.installations.with_token(token)
        api_request = ApiRequest(method=method, args=args, installation=installation, has_token=token is not None)
        fault = self.faults.take(method, channels=channels_meant(args, world=self.world, installation=installation))
        if fault is None:
            return self._perform(request, api_request)
        return await self._faulty(request, fault, api_request)

    async def _faulty(self, request: web.Request, fault: Fault, api_request: "ApiRequest") -> web.Response:
        def perform() -> web.Response:
            return self._perform(request, api_request)

        def refuse(word: str) -> web.Response:
            error = _worded(word, api_request)
            return _answered(error, api_request) if fault.applied else self._refused(api_request, error)

        if not fault.applied:
            match fault.kind:
                case Kind.RATELIMITED:
                    self._recorded(api_request, status=429, error=fault.word)
                case Kind.STATUS | Kind.HTML:
                    self._recorded(api_request, status=fault.status, error=fault.kind)
                case Kind.DROP_BEFORE:
                    self._recorded(api_request, status=0, error=fault.kind)
        return await answers.faulty(request, fault, perform=perform, refuse=refuse)

    def _perform(self, request: web.Request, api_request: "ApiRequest") -> web.Response:
        try:
            body = {"ok": True, **self._performed(request, api_request)}
        except SlackError as error:
            return self._refused(api_request, error)
        except RateLimitedError as error:
            self._recorded(api_request, status=429, error="ratelimited")
            return answers.rate_limited(error.retry_after)
        self._recorded(api_request, status=200, error=None)
        return _json(body, api_request)

    def _performed(self, request: web.Request, api_request: "ApiRequest") -> Json:
        name = api_request.method
        if name in OPEN:
            return OPEN[name](api_request.args)
        if name not in METHODS:
            raise limits.method(name)
        installation = _authorized(api_request)
        scopes.check(scopes.of_method(name), installation=installation)
        if self.rate_limits is not None:
            self.rate_limits.call(name, bot_user_id=installation.bot_user_id)
        call = Call(
            world=self.world,
            installation=installation,
            arguments=api_request.args,
            origin=f"{request.scheme}://{request.host}",
            rate_limits=self.rate_limits,
            views=self.views,
        )
        return METHODS[name](call)

    def _refused(self, api_request: "ApiRequest", error: SlackError) -> web.Response:
        self._recorded(api_request, status=200, error=error.error)
        return _answered(error, api_request)

    def _recorded(self, api_request: "ApiRequest", *, status: int, error: str | None) -> None:
        bot = None if api_request.installation is None else api_request.installation.bot_user_id
        self.record.add(method=api_request.method, args=api_request.args, bot_user_id=bot, status=status, error=error)


@dataclass(frozen=True, kw_only=True)
class ApiRequest:
    """The called method and its arguments; `installation` is None when the token belongs to no installation."""

    method: str
    args: Json
    installation: Installation | None
    has_token: bool


def _authorized(api_request: ApiRequest) -> Installation:
    if not api_request.has_token:
        raise SlackError("not_authed")
    if api_request.installation is None:
        raise SlackError("invalid_auth")
    if api_request.installation.revoked is not None:
        raise SlackError(api_request.installation.revoked)
    return api_request.installation


def _worded(word: str, api_request: ApiRequest) -> SlackError:
    """The error of a fault; `missing_scope` names the scopes of this method and of this token."""
    if word == "missing_scope" and api_request.installation is not None:
        return scopes.missing(scopes.of_method(api_request.method), installation=api_request.installation)
    return SlackError(word)


def _answered(error: SlackError, api_request: ApiRequest) -> web.Response:
    return _json({"ok": False, "error": error.error, **error.more}, api_request)


def _json(body: Json, api_request: ApiRequest) -> web.Response:
    """A JSON response whose headers list the token's scopes and the scopes that the method accepts."""
    headers = {}
    if api_request.installation is not None:
        headers["x-oauth-scopes"] = ",".join(api_request.installation.scopes)
    if any_of := scopes.of_method(api_request.method):
        headers["x-accepted-oauth-scopes"] = ",".join(any_of)
    return web.json_response(body, headers=headers)
