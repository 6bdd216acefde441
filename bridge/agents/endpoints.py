"""Webhook endpoints: made, shown, changed, disabled, deleted, given another secret, tried out, and caught up with."""

import contextlib
from datetime import UTC, datetime
from uuid import UUID

from aiohttp import web

from bridge import ids
from bridge.agents import auth, body, endpoint_requests, endpoint_resource, envelope, feed, filters, parameters, reply
from bridge.agents.deadline import within
from bridge.agents.endpoint_requests import ChangedEndpoint, NewEndpoint, Replay
from bridge.agents.problems import BAD_PARAMETER, ENDPOINT_CONFLICT, NOT_FOUND, Problem
from bridge.agents.trials import Trials
from bridge.logs import Log
from bridge.wake import Wake
from bridge.webhooks import outgoing, signature
from bridge.webhooks.outgoing import Webhooks
from bridge.webhooks.signature import WebhookKeys
from storage import deliveries, errors, webhook_endpoints
from storage.model import DeliveryStatus, EventType, Json, WebhookEndpoint
from storage.pool import Database

_log = Log("agents")

DELIVERY_PARAMETERS = ("status", "cursor", "limit")
CALLBACKS = "callbacks"  # in the place of an endpoint's id: the callbacks of all questions
_ASKED = "asked"  # why an endpoint is disabled, when it was asked for
_DELETED: Json = {"status": None, "detail": "the endpoint was deleted before this was delivered"}


class Endpoints:
    """The handlers."""

    def __init__(self, *, db: Database, wake: Wake, webhooks: Webhooks) -> None:
        self._db = db
        self._wake = wake
        self._webhooks = webhooks
        self._trials = Trials()

    async def create(self, request: web.Request) -> web.Response:
        """POST /v1/webhook_endpoints: its secret is told here, and never again."""
        parameters.only(request.query)
        organization_id = auth.key(request).organization_id
        asked = endpoint_requests.validate(NewEndpoint, await body.read(request))
        url = endpoint_requests.address(asked.url, self._webhooks, pointer="/url")
        types = _written(asked.types)
        await self._up_to_now()
        made = await within(webhook_endpoints.create(self._db, organization_id, id=ids.new(), url=url, types=types))
        if isinstance(made, webhook_endpoints.TooManyEndpoints):
            raise _full()
        _log.info("webhook_endpoint_created", endpoint=ids.encode("whe", made.id), key=auth.key(request).name)
        return reply.json(endpoint_resource.with_secret(made, self._secret(made)), status=201)

    async def page(self, request: web.Request) -> web.Response:
        """GET /v1/webhook_endpoints: all of them, and what signs callbacks."""
        parameters.only(request.query)
        organization_id = auth.key(request).organization_id
        rows = await within(webhook_endpoints.of_organization(self._db, organization_id))
        keys = self._webhooks.keys
        secret = signature.written(outgoing.of_callbacks(keys, organization_id)[0]) if keys else None
        return reply.json(endpoint_resource.page(rows, callback_secret=secret))

    async def get(self, request: web.Request) -> web.Response:
        """GET /v1/webhook_endpoints/{id}: one of them."""
        parameters.only(request.query)
        found = _found(await within(webhook_endpoints.get(self._db, *_place(request))))
        return reply.json(endpoint_resource.endpoint(found))

    async def change(self, request: web.Request) -> web.Response:
        """PATCH /v1/webhook_endpoints/{id}: another address or other types; its secret and what waits for it stay."""
        parameters.only(request.query)
        asked = endpoint_requests.validate(ChangedEndpoint, await body.read(request))
        url = None
        if asked.url is not None:
            url = endpoint_requests.address(asked.url, self._webhooks, pointer="/url")
        await self._up_to_now()
        changing = webhook_endpoints.change(
            self._db, *_place(request), url=url, types=_written(asked.types), same_types=asked.same_types
        )
        row = _found(await within(changing))
        _log.info("webhook_endpoint_changed", endpoint=ids.encode("whe", row.id), key=auth.key(request).name)
        return reply.json(endpoint_resource.endpoint(row))

    async def delete(self, request: web.Request) -> web.Response:
        """DELETE /v1/webhook_endpoints/{id}: no call is begun any more; one that is under way ends as it would."""
        parameters.only(request.query)
        organization_id, id = _place(request)
        if not await within(webhook_endpoints.delete(self._db, organization_id, id)):
            raise _no_such()
        _log.info("webhook_endpoint_deleted", endpoint=ids.encode("whe", id), key=auth.key(request).name)
        with contextlib.suppress(errors.Unavailable):  # it is gone; the delivery loop gives up what is left, unsent
            await within(deliveries.give_up(self._db, organization_id, id, outcome=_DELETED))
        return web.Response(status=204)

    async def disable(self, request: web.Request) -> web.Response:
        """POST /v1/webhook_endpoints/{id}/disable: it gets nothing more."""
        parameters.only(request.query)
        row = _found(await within(webhook_endpoints.disable(self._db, *_place(request), reason=_ASKED)))
        _log.info(
            "webhook_endpoint_disabled", endpoint=ids.encode("whe", row.id), reason=_ASKED, key=auth.key(request).name
        )
        return reply.json(endpoint_resource.endpoint(row))

    async def enable(self, request: web.Request) -> web.Response:
        """POST /v1/webhook_endpoints/{id}/enable: it gets what comes from now on."""
        parameters.only(request.query)
        await self._up_to_now()
        enabled = await within(webhook_endpoints.enable(self._db, *_place(request)))
        if isinstance(enabled, webhook_endpoints.TooManyEndpoints):
            raise _full()
        row = _found(enabled)
        _log.info("webhook_endpoint_enabled", endpoint=ids.encode("whe", row.id), key=auth.key(request).name)
        return reply.json(endpoint_resource.endpoint(row))

    async def rotate_secret(self, request: web.Request) -> web.Response:
        """POST /v1/webhook_endpoints/{id}/rotate_secret: the secret before signs as well for a day."""
        self._keys()
        parameters.only(request.query)
        rotated = _found(await within(webhook_endpoints.rotate(self._db, *_place(request))))
        _log.info("webhook_secret_rotated", endpoint=ids.encode("whe", rotated.id), key=auth.key(request).name)
        return reply.json(endpoint_resource.with_secret(rotated, self._secret(rotated)))

    async def test(self, request: web.Request) -> web.Response:
        """POST /v1/webhook_endpoints/{id}/test: one attempt, now, and what came back."""
        keys = self._keys()
        parameters.only(request.query)
        found = _found(await within(webhook_endpoints.get(self._db, *_place(request))))
        told = envelope.envelope(
            id=ids.new(), type=outgoing.TEST, at=datetime.now(UTC), data={"endpoint": ids.encode("whe", found.id)}
        )
        with self._trials.one(found.organization_id, found.id):
            outcome = await self._webhooks.send(
                found.url, id=told["id"], body=envelope.written(told), secrets=_signing(found, keys)
            )
        return reply.json(endpoint_resource.attempt(told, outcome))

    async def replay(self, request: web.Request) -> web.Response:
        """POST /v1/webhook_endpoints/{id}/replay: what is dead, or everything from a time on, once more."""
        self._keys()
        parameters.only(request.query)
        asked = endpoint_requests.validate(Replay, await body.read(request) if request.can_read_body else {})
        found = await self._receiver(request)
        if found is not None and found.disabled_at is not None:
            raise Problem(ENDPOINT_CONFLICT, "The endpoint is disabled: enable it first.")
        key = auth.key(request)
        await self._up_to_now()
        replayed = await deliveries.replay(
            self._db, key.organization_id, found.id if found else None, since=asked.since
        )
        _log.info("deliveries_replayed", endpoint=request.match_info["id"], number=replayed, key=key.name)
        self._wake.deliveries.set()
        return reply.json({"replayed": replayed})

    async def deliveries(self, request: web.Request) -> web.Response:
        """GET /v1/webhook_endpoints/{id}/deliveries: what became of each, newest event first."""
        parameters.only(request.query, DELIVERY_PARAMETERS)
        status = _status(request.query.get("status"))
        before, limit = filters.before(request.query.get("cursor")), filters.limit(request.query.get("limit"))
        found = await self._receiver(request)
        await self._up_to_now()
        of = auth.key(request).organization_id, found.id if found else None
        rows = await within(deliveries.page(self._db, *of, status=status, before=before, limit=limit + 1))
        next_cursor = filters.cursor(rows[limit - 1].event_id) if len(rows) > limit else None
        return reply.json(endpoint_resource.delivery_page(rows[:limit], next_cursor=next_cursor))

    async def _up_to_now(self) -> None:
        """Have the deliveries of earlier events written, unless another replica is about to write them.

        So an endpoint that changes now mostly hears of what happens from now on.
        """
        await within(feed.number(self._db, self._wake))

    async def _receiver(self, request: web.Request) -> WebhookEndpoint | None:
        """The endpoint in the path; None: all callbacks. Raises Problem."""
        if request.match_info["id"] == CALLBACKS:
            return None
        return _found(await within(webhook_endpoints.get(self._db, *_place(request))))

    def _keys(self) -> WebhookKeys:
        if self._webhooks.keys is None:
            raise endpoint_requests.off()
        return self._webhooks.keys

    def _secret(self, row: WebhookEndpoint) -> str:
        return signature.written(_signing(row, self._keys())[0])


def _signing(row: WebhookEndpoint, keys: WebhookKeys) -> tuple[bytes, ...]:
    overlap = deliveries.OVERLAP_SECONDS
    rotated = row.rotated_at is not None and (datetime.now(UTC) - row.rotated_at).total_seconds() < overlap
    return outgoing.of_endpoint(keys, row.organization_id, row.id, generation=row.generation, overlapping=rotated)


def _place(request: web.Request) -> tuple[UUID, UUID]:
    """The organization of the key, and the endpoint in the path."""
    if (id := ids.decode("whe", request.match_info["id"])) is None:
        raise _no_such()
    return auth.key(request).organization_id, id


def _written(types: list[EventType] | None) -> list[str] | None:
    return [type.value for type in types] if types is not None else None


def _found(row: WebhookEndpoint | None) -> WebhookEndpoint:
    if row is None:
        raise _no_such()
    return row


def _no_such() -> Problem:
    return Problem(NOT_FOUND, "No webhook endpoint of your organization has this id.")


def _full() -> Problem:
    most = webhook_endpoints.MAX_ACTIVE
    return Problem(ENDPOINT_CONFLICT, f"Your organization has {most} endpoints: disable or delete one first.")


def _status(text: str | None) -> DeliveryStatus | None:
    if text is None or text in set(DeliveryStatus):
        return DeliveryStatus(text) if text is not None else None
    raise Problem(BAD_PARAMETER, f"status must be one of {', '.join(DeliveryStatus)}.")
