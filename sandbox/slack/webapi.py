"""The door of the Web API: who calls, what is asked, what is answered."""

from dataclasses import dataclass

from aiohttp import web

from sandbox.slack import answers, arguments
from sandbox.slack.errors import RateLimitedError, SlackError
from sandbox.slack.faults import Fault, Faults, Kind
from sandbox.slack.methods import scopes
from sandbox.slack.methods.call import Call, channels_meant
from sandbox.slack.methods.table import METHODS, Method
from sandbox.slack.model import Installation, Json
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
            return self._refused(Asked(method=method, args={}, installation=None, has_token=False), error)
        token = arguments.token(request, args)
        installation = self.world.installations.with_token(token)
        asked = Asked(method=method, args=args, installation=installation, has_token=token is not None)
        fault = self.faults.take(method, channels=channels_meant(args, installation=installation))
        if fault is None:
            return self._perform(request, asked)
        return await self._faulty(request, fault, asked)

    async def _faulty(self, request: web.Request, fault: Fault, asked: "Asked") -> web.Response:
        def perform() -> web.Response:
            return self._perform(request, asked)

        def refuse(word: str) -> web.Response:
            error = _worded(word, asked)
            return _answered(error, asked) if fault.applied else self._refused(asked, error)

        if not fault.applied:
            match fault.kind:
                case Kind.RATELIMITED:
                    self._recorded(asked, status=429, error=fault.word)
                case Kind.STATUS | Kind.HTML:
                    self._recorded(asked, status=fault.status, error=fault.kind)
                case Kind.DROP_BEFORE:
                    self._recorded(asked, status=0, error=fault.kind)
        return await answers.faulty(request, fault, perform=perform, refuse=refuse)

    def _perform(self, request: web.Request, asked: "Asked") -> web.Response:
        try:
            known = _method(asked.method)
            installation = _authorized(asked)
            scopes.check(scopes.of_method(asked.method), installation=installation)
            call = Call(
                world=self.world,
                installation=installation,
                arguments=asked.args,
                origin=f"{request.scheme}://{request.host}",
                posting_limit=self.posting_limit,
            )
            body = {"ok": True, **known(call)}
        except SlackError as error:
            return self._refused(asked, error)
        except RateLimitedError as error:
            self._recorded(asked, status=429, error="ratelimited")
            return answers.rate_limited(error.retry_after)
        self._recorded(asked, status=200, error=None)
        return _json(body, asked)

    def _refused(self, asked: "Asked", error: SlackError) -> web.Response:
        self._recorded(asked, status=200, error=error.error)
        return _answered(error, asked)

    def _recorded(self, asked: "Asked", *, status: int, error: str | None) -> None:
        bot = None if asked.installation is None else asked.installation.bot_user_id
        self.record.add(method=asked.method, args=asked.args, bot_user_id=bot, status=status, error=error)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What was called with which arguments, and whose the token was; None if it is nobody's."""

    method: str
    args: Json
    installation: Installation | None
    has_token: bool


def _method(name: str) -> Method:
    if name not in METHODS:
        raise SlackError("unknown_method", req_method=name)
    return METHODS[name]


def _authorized(asked: Asked) -> Installation:
    if not asked.has_token:
        raise SlackError("not_authed")
    if asked.installation is None:
        raise SlackError("invalid_auth")
    if asked.installation.revoked is not None:
        raise SlackError(asked.installation.revoked)
    return asked.installation


def _worded(word: str, asked: Asked) -> SlackError:
    """A refusal on demand; the one about scopes tells of this method's and this token's."""
    if word == "missing_scope" and asked.installation is not None:
        return scopes.missing(scopes.of_method(asked.method), installation=asked.installation)
    return SlackError(word)


def _answered(error: SlackError, asked: Asked) -> web.Response:
    return _json({"ok": False, "error": error.error, **error.more}, asked)


def _json(body: Json, asked: Asked) -> web.Response:
    """With what the token may do, and what this method asks for, in the headers."""
    headers = {}
    if asked.installation is not None:
        headers["x-oauth-scopes"] = ",".join(asked.installation.scopes)
    if any_of := scopes.of_method(asked.method):
        headers["x-accepted-oauth-scopes"] = ",".join(any_of)
    return web.json_response(body, headers=headers)
