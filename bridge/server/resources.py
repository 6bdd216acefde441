"""What a replica opens before it works, and closes after: two pools, two HTTP sessions to Slack, the webhook sender."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import aiohttp

import bridge
from bridge.server import pools
from bridge.server.config import Settings
from bridge.slack import client
from bridge.webhooks.sender import Sender
from storage.pool import Database

_REPLY_CONNECTIONS = 20  # to the URLs that private replies are posted to


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """The open connections of one replica. `opened` closes them; what was built from them does not."""

    db: Database
    claims: Database  # only clicks may use it
    http: aiohttp.ClientSession  # to Slack's Web API
    replies: aiohttp.ClientSession  # to Slack's response URLs, with a shorter timeout
    sender: Sender  # to the receivers of webhooks


@contextlib.asynccontextmanager
async def opened(settings: Settings, stopping: asyncio.Event) -> AsyncIterator[Resources | None]:
    """Open everything, and wait for a database that cannot be reached yet; None if `stopping` was set before it could.

    Raises NotMigrated, SchemaTooNew, NotDirect and WrongEncoding.
    """
    async with AsyncExitStack() as stack:
        databases = await stack.enter_async_context(pools.opened(settings, stopping))
        if databases is None:
            yield None
            return
        db, claims = databases
        http = await stack.enter_async_context(client.session())
        replies = await stack.enter_async_context(
            client.session(seconds=client.REPLY_SECONDS, max_connections=_REPLY_CONNECTIONS)
        )
        sender = Sender(settings.webhook_guard, agent=f"askbridge/{bridge.__version__}")
        await stack.enter_async_context(contextlib.aclosing(sender))
        yield Resources(db=db, claims=claims, http=http, replies=replies, sender=sender)
