"""The routes of the agents' API."""

from functools import partial

from aiohttp import web

from bridge.agents.auth import auth
from bridge.agents.auth.key_lookup import KeyLookup
from bridge.agents.auth.open_keys import OpenKeys
from bridge.agents.events.handlers import Events
from bridge.agents.events.streams import Streams
from bridge.agents.http import body
from bridge.agents.interactions.handlers import Interactions
from bridge.agents.interactions.long_poll import LongPoll
from bridge.agents.limits.limit_values import Limits
from bridge.agents.limits.open_requests import ConcurrencyLimiter
from bridge.agents.limits.pending_quota import PendingQuota
from bridge.agents.limits.rate_limiter import RateLimiter
from bridge.agents.limits.thing_quota import ThingQuota
from bridge.agents.openapi import document
from bridge.agents.options import API_DEFAULTS, ApiOptions
from bridge.agents.things import routing
from bridge.agents.things.shared import Parts
from bridge.agents.things.turns import Turns
from bridge.agents.webhook_endpoints.handlers import Endpoints
from bridge.metrics import Metrics
from bridge.notifier import Notifier
from bridge.reader import Reader
from bridge.webhooks.outgoing import Webhooks
from storage.pool import Database


def routes(
    *,
    db: Database,
    reader: Reader,
    notifier: Notifier,
    streams: Streams,
    concurrency: ConcurrencyLimiter,
    open_keys: OpenKeys,
    webhooks: Webhooks,
    limits: Limits,
    metrics: Metrics | None = None,
    options: ApiOptions = API_DEFAULTS,
) -> list[web.RouteDef]:
    """Every route of version 1, and that of its OpenAPI description."""
    read_body = partial(body.read, seconds=options.read)
    poll = LongPoll(
        notifier=notifier,
        concurrency=concurrency,
        open_keys=open_keys,
        disconnect_seconds=options.disconnect,
    )
    interactions = Interactions(
        db=db,
        reader=reader,
        quota=PendingQuota(db=db, limits=limits),
        poll=poll,
        notifier=notifier,
        webhooks=webhooks,
        metrics=metrics,
        read_body=read_body,
        first_post_seconds=options.first_post,
    )
    events = Events(db=db, reader=reader, notifier=notifier, streams=streams, concurrency=concurrency)
    endpoints = Endpoints(db=db, notifier=notifier, webhooks=webhooks, read_body=read_body)
    things = Parts(
        db=db,
        poll=poll,
        quota=ThingQuota(db=db, limits=limits),
        notifier=notifier,
        webhooks=webhooks,
        metrics=metrics or Metrics(),
        turns=Turns(),
        read_body=read_body,
    )
    guarded = partial(auth.required, KeyLookup(db), RateLimiter(db=db, limits=limits))
    return [
        web.get("/openapi.json", document.serve),
        web.post("/v1/interactions", guarded(interactions.create)),
        web.get("/v1/interactions", guarded(interactions.page)),
        web.get("/v1/interactions/{id}", guarded(interactions.get)),
        web.post("/v1/interactions/{id}/cancel", guarded(interactions.cancel)),
        web.post("/v1/interactions/{id}/receipt", guarded(interactions.receipt)),
        web.get("/v1/interactions/{id}/timeline", guarded(interactions.timeline)),
        *routing.routes(things, guarded),
        web.get("/v1/events", guarded(events.get)),
        web.post("/v1/webhook_endpoints", guarded(endpoints.create)),
        web.get("/v1/webhook_endpoints", guarded(endpoints.page)),
        web.get("/v1/webhook_endpoints/{id}", guarded(endpoints.get)),
        web.patch("/v1/webhook_endpoints/{id}", guarded(endpoints.change)),
        web.delete("/v1/webhook_endpoints/{id}", guarded(endpoints.delete)),
        web.post("/v1/webhook_endpoints/{id}/disable", guarded(endpoints.disable)),
        web.post("/v1/webhook_endpoints/{id}/enable", guarded(endpoints.enable)),
        web.post("/v1/webhook_endpoints/{id}/rotate_secret", guarded(endpoints.rotate_secret)),
        web.post("/v1/webhook_endpoints/{id}/test", guarded(endpoints.test)),
        web.post("/v1/webhook_endpoints/{id}/replay", guarded(endpoints.replay)),
        web.get("/v1/webhook_endpoints/{id}/deliveries", guarded(endpoints.deliveries)),
    ]
