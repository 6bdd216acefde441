"""Settings and resources of the replicas that tests build, with `bridge.server.replica.build` as `serve` does."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

from aiohttp.abc import AbstractResolver
from pydantic import SecretStr

from bridge.server.config import Settings
from bridge.server.fd_limit import Allotment
from bridge.server.resources import Resources
from bridge.slack import client
from bridge.webhooks.guard import Guard
from bridge.webhooks.sender import ATTEMPT_SECONDS, Sender
from bridge.webhooks.signature import WebhookKeys
from storage.pool import Database

KEY = "0123456789abcdef0123456789abcdef"
KEYS = WebhookKeys.read(KEY)
_NO_DATABASE = "postgresql://127.0.0.1:1/none"  # for replicas whose pools the test opens, and whose fanout never runs


def settings(
    *, dsn: str = _NO_DATABASE, secrets: str = "s" * 32, guard: Guard | None = None, key: str | None = KEY, **other: Any
) -> Settings:
    """Settings with these signing secrets of Slack; webhooks are signed with `key` and reach what `guard` allows."""
    networks = ",".join(str(network) for network in guard.allowed) if guard else ""
    return Settings(
        database_url=SecretStr(dsn),
        slack_signing_secret=SecretStr(secrets),
        webhook_key=SecretStr(key) if key else None,
        webhook_allow_nets=networks or None,
        **other,
    )


@asynccontextmanager
async def opened(
    settings: Settings,
    db: Database,
    *,
    claims: Database | None = None,
    seconds: float = ATTEMPT_SECONDS,
    resolver: AbstractResolver | None = None,
) -> AsyncIterator[Resources]:
    """Open sessions and a webhook sender beside the test's pools; one pool may serve as both."""
    sender = Sender(settings.webhook_guard, agent="askbridge test", seconds=seconds, resolver=resolver)
    async with aclosing(sender), client.session() as http:
        yield Resources(db=db, claims=claims or db, http=http, replies=http, sender=sender)


def allotment(*, connections: int = 1_000_000) -> Allotment:
    """So many connections, and as many requests that stay open; by default more than any test opens."""
    return Allotment(number=connections, connections=connections, open_requests=connections)
