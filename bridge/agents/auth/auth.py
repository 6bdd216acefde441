"""Who asks: a bearer key, found by its digest, whose organization has not asked too often.

Everything after this is inside the key's organization.
"""

from collections.abc import Awaitable, Callable

from aiohttp import web

from bridge.agents.auth.key_lookup import KeyLookup
from bridge.agents.http.deadline import within
from bridge.agents.http.problems import UNAUTHORIZED, ApiProblem
from bridge.agents.limits.rate_limiter import RateLimiter
from storage.model import Key

_KEY = web.RequestKey("key", Key)
_MOST = 200  # characters; a key has about 50


def required(
    keyring: KeyLookup, rate: RateLimiter, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The handler, for requests with a valid key only, and not for too many of them."""

    async def authenticated(request: web.Request) -> web.StreamResponse:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        secret = secret.strip()
        if scheme.lower() != "bearer" or not secret:
            raise ApiProblem(UNAUTHORIZED, "Send the header Authorization: Bearer askb_… with your API key.")
        possible = len(secret) <= _MOST and secret.isascii()
        # A flood costs no lookup: who was within the limit a moment ago may be told that they are not any more.
        if possible and (owner := keyring.owner(secret)) is not None:
            await rate.refuse(owner)
        found = await within(keyring.find(secret)) if possible else None
        if found is None:
            raise ApiProblem(
                UNAUTHORIZED,
                "This API key is unknown or revoked, or its organization is disabled; ask whoever runs this bridge.",
            )
        await rate.admit(found.organization_id)
        request[_KEY] = found
        return await handler(request)

    return authenticated


def key(request: web.Request) -> Key:
    """The key of an authenticated request."""
    return request[_KEY]
