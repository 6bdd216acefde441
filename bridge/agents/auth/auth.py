"""Authenticates requests by a bearer key, looked up by its digest, and applies the rate limit of its organization.

Handlers behind it see only what belongs to the key's organization.
"""

from collections.abc import Awaitable, Callable

from aiohttp import web

from bridge.agents.auth.key_lookup import KeyLookup
from bridge.agents.http import parameters
from bridge.agents.http.deadline import within
from bridge.agents.http.problems import UNAUTHORIZED, ApiProblem
from bridge.agents.limits import request_cost
from bridge.agents.limits.rate_limiter import RateLimiter
from storage.model import Key

_KEY = web.RequestKey("key", Key)
_MAX_SECRET = 200  # characters; a key has about 50


def required(
    lookup: KeyLookup, rate: RateLimiter, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Wrap a handler so that it gets only requests with a valid key and within the rate limit; others are refused."""

    async def authenticated(request: web.Request) -> web.StreamResponse:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        secret = secret.strip()
        if scheme.lower() != "bearer" or not secret:
            raise ApiProblem(UNAUTHORIZED, "Send the header Authorization: Bearer askb_… with your API key.")
        possible = len(secret) <= _MAX_SECRET and secret.isascii()
        # Refused before the lookup, so that a flood costs none. The owner is the one of the key's last valid request.
        if possible and (owner := lookup.owner(secret)) is not None:
            await rate.refuse(owner)
        key = await within(lookup.find(secret)) if possible else None
        if key is None:
            raise refusal()
        await rate.admit(key.organization_id, cost=request_cost.announced(request))
        request[_KEY] = key
        parameters.readable(request.rel_url.raw_query_string)
        try:
            response = await handler(request)
        except ApiProblem as problem:
            rate.charge(key.organization_id, request_cost.found(request, problem))
            raise
        rate.charge(key.organization_id, request_cost.found(request, response))
        return response

    return authenticated


def refusal() -> ApiProblem:
    """The problem of a request whose key is not valid, or is not valid any more."""
    return ApiProblem(
        UNAUTHORIZED,
        "This API key is unknown or revoked, or its organization is disabled; contact the operator of this bridge.",
    )


def key(request: web.Request) -> Key:
    """The key of an authenticated request."""
    return request[_KEY]
