"""Handlers of webhook endpoints: create, list, change, disable, delete, rotate the secret, test, replay."""

import contextlib
from datetime import UTC, datetime
from uuid import UUID

from aiohttp import web

from bridge import ids
from bridge.agents.auth import auth
from bridge.agents.events import feed
from bridge.agents.http import body, json_response, paging, parameters, validation_errors, webhook_url
from bridge.agents.http.body import BodyReader
from bridge.agents.http.deadline import within
from bridge.agents.http.problems import BAD_PARAMETER, ENDPOINT_CONFLICT, NOT_FOUND, ApiProblem
from bridge.agents.limits.endpoint_tests import EndpointTestLimiter
from bridge.agents.webhook_endpoints.requests import ChangedEndpoint, NewEndpoint, Replay
from bridge.logs import Log
from bridge.notifier import Notifier
from bridge.representation import event, webhook_endpoint
from bridge.things import reading
from bridge.webhooks import outgoing, signature
from bridge.webhooks.outgoing import Webhooks
from bridge.webhooks.signature import WebhookKeys
from storage import deliveries, errors, webhook_endpoints
from storage.model import Delivery, DeliveryStatus, Json, WebhookEndpoint
from storage.pool import Database

_log = Log("agents")

ENDPOINT_PARAMETERS = ("cursor",)
DELIVERY_PARAMETERS = ("status", "cursor", "limit")
CALLBACKS = "callbacks"  # instead of an endpoint's id: the callbacks of all interactions
_ASKED = "asked"  # the reason of an endpoint that an agent disabled
_DELETED: Json = {"status": None, "detail": "the endpoint was deleted before delivery"}


class Endpoints:
    """The handlers."""

    def __init__(
        self, *, db: Database, notifier: Notifier, webhooks: Webhooks, read_body: BodyReader = body.read
    ) -> None:
        self._db = db
        self._notifier = notifier
        self._webhooks = webhooks
        self._read_body = read_body
        self._tests = EndpointTestLimiter()

    async def create(self, request: web.Request) -> web.Response:
        """POST /v1/webhook_endpoints: create one; only this response and that of a rotation have its secret."""
        parameters.only(request.query)
        organization_id = auth.key(request).organization_id
        new = validation_errors.validate(NewEndpoint, await self._read_body(request))
        url = webhook_url.address(new.url, self._webhooks, pointer="/url")
        types = new.types
        await self._number_events()
        row = await within(webhook_endpoints.create(self._db, organization_id, id=ids.new(), url=url, types=types))
        if isinstance(row, webhook_endpoints.TooManyEndpoints):
            raise _full()
        _log.info("webhook_endpoint_created", endpoint=ids.encode("whe", row.id), key=auth.key(request).name)
        return json_response.json(webhook_endpoint.with_secret(row, self._secret(row)), status=201)

    async def page(self, request: web.Request) -> web.Response:
        """GET /v1/webhook_endpoints: one page, active ones first, and the secret that signs callbacks."""
        parameters.only(request.query, ENDPOINT_PARAMETERS)
        organization_id, limit = auth.key(request).organization_id, webhook_endpoints.MAX_LISTED
        before = paging.before(request.query.get("cursor"))
        rows = await within(webhook_endpoints.page(self._db, organization_id, before=before, limit=limit + 1))
        next_cursor = paging.cursor(rows[limit - 1].id) if len(rows) > limit else None
        keys = self._webhooks.keys
        secret = signature.written(outgoing.of_callbacks(keys, organization_id)[0]) if keys else None
        return json_response.json(webhook_endpoint.page(rows[:limit], next_cursor=next_cursor, callback_secret=secret))

    async def get(self, request: web.Request) -> web.Response:
        """GET /v1/webhook_endpoints/{id}: one of them."""
        parameters.only(request.query)
        row = _existing(await within(webhook_endpoints.get(self._db, *_ids(request))))
        return json_response.json(webhook_endpoint.endpoint(row))

    async def change(self, request: web.Request) -> web.Response:
        """PATCH /v1/webhook_endpoints/{id}: change its URL or types; its secret and pending deliveries stay."""
        parameters.only(request.query)
        changed = validation_errors.validate(ChangedEndpoint, await self._read_body(request))
        url = None
        if changed.url is not None:
            url = webhook_url.address(changed.url, self._webhooks, pointer="/url")
        await self._number_events()
        statement = webhook_endpoints.change(
            self._db, *_ids(request), url=url, types=changed.types, same_types=changed.same_types
        )
        row = _existing(await within(statement))
        _log.info("webhook_endpoint_changed", endpoint=ids.encode("whe", row.id), key=auth.key(request).name)
        return json_response.json(webhook_endpoint.endpoint(row))

    async def delete(self, request: web.Request) -> web.Response:
        """DELETE /v1/webhook_endpoints/{id}: no new delivery begins; one that is being sent is finished."""
        parameters.only(request.query)
        organization_id, id = _ids(request)
        if not await within(webhook_endpoints.delete(self._db, organization_id, id)):
            raise _no_such()
        _log.info("webhook_endpoint_deleted", endpoint=ids.encode("whe", id), key=auth.key(request).name)
        with contextlib.suppress(errors.Unavailable):  # it is deleted; the delivery loop gives up the rest, unsent
            await within(deliveries.give_up(self._db, organization_id, id, outcome=_DELETED))
        return web.Response(status=204)

    async def disable(self, request: web.Request) -> web.Response:
        """POST /v1/webhook_endpoints/{id}/disable: it gets no more events."""
        parameters.only(request.query)
        row = _existing(await within(webhook_endpoints.disable(self._db, *_ids(request), reason=_ASKED)))
        _log.info(
            "webhook_endpoint_disabled", endpoint=ids.encode("whe", row.id), reason=_ASKED, key=auth.key(request).name
        )
        return json_response.json(webhook_endpoint.endpoint(row))

    async def enable(self, request: web.Request) -> web.Response:
        """POST /v1/webhook_endpoints/{id}/enable: it gets the events from now on."""
        parameters.only(request.query)
        await self._number_events()
        outcome = await within(webhook_endpoints.enable(self._db, *_ids(request)))
        if isinstance(outcome, webhook_endpoints.TooManyEndpoints):
            raise _full()
        row = _existing(outcome)
        _log.info("webhook_endpoint_enabled", endpoint=ids.encode("whe", row.id), key=auth.key(request).name)
        return json_response.json(webhook_endpoint.endpoint(row))

    async def rotate_secret(self, request: web.Request) -> web.Response:
        """POST /v1/webhook_endpoints/{id}/rotate_secret: a new secret; for a day the previous one signs as well."""
        self._keys()
        parameters.only(request.query)
        row = _existing(await within(webhook_endpoints.rotate(self._db, *_ids(request))))
        _log.info("webhook_secret_rotated", endpoint=ids.encode("whe", row.id), key=auth.key(request).name)
        return json_response.json(webhook_endpoint.with_secret(row, self._secret(row)))

    async def test(self, request: web.Request) -> web.Response:
        """POST /v1/webhook_endpoints/{id}/test: make one delivery now, and return its outcome."""
        keys = self._keys()
        parameters.only(request.query)
        row = _existing(await within(webhook_endpoints.get(self._db, *_ids(request))))
        envelope = event.envelope(
            id=ids.new(), type=outgoing.TEST, at=datetime.now(UTC), data={"endpoint": ids.encode("whe", row.id)}
        )
        with self._tests.admit(row.organization_id, row.id):
            outcome = await self._webhooks.send(
                row.organization_id,
                row.url,
                id=envelope["id"],
                body=event.encode(envelope),
                secrets=_signing(row, keys),
            )
        return json_response.json(webhook_endpoint.attempt(envelope, outcome))

    async def replay(self, request: web.Request) -> web.Response:
        """POST /v1/webhook_endpoints/{id}/replay: repeat the dead deliveries, or all from a time on."""
        self._keys()
        parameters.only(request.query)
        replay = validation_errors.validate(Replay, await self._read_body(request) if request.can_read_body else {})
        row = await self._endpoint_or_callbacks(request)
        if row is not None and row.disabled_at is not None:
            raise ApiProblem(ENDPOINT_CONFLICT, "The endpoint is disabled: enable it first.")
        key = auth.key(request)
        await self._number_events()
        replayed = await deliveries.replay(self._db, key.organization_id, row.id if row else None, since=replay.since)
        _log.info("deliveries_replayed", endpoint=request.match_info["id"], number=replayed, key=key.name)
        self._notifier.deliveries.set()
        return json_response.json({"replayed": replayed})

    async def deliveries(self, request: web.Request) -> web.Response:
        """GET /v1/webhook_endpoints/{id}/deliveries: one page of them with their outcomes, newest event first."""
        parameters.only(request.query, DELIVERY_PARAMETERS)
        status = _status(request.query.get("status"))
        before, limit = paging.before(request.query.get("cursor")), paging.limit(request.query.get("limit"))
        row = await self._endpoint_or_callbacks(request)
        await self._number_events()
        target = auth.key(request).organization_id, row.id if row else None
        rows = await within(deliveries.page(self._db, *target, status=status, before=before, limit=limit + 1))
        next_cursor = paging.cursor(rows[limit - 1].event_id) if len(rows) > limit else None
        things = await self._things(auth.key(request).organization_id, rows[:limit])
        return json_response.json(webhook_endpoint.delivery_page(rows[:limit], things, next_cursor=next_cursor))

    async def _things(self, organization_id: UUID, rows: list[Delivery]) -> dict[UUID, str]:
        """The ids of the things that deliveries are of, as agents know them, by the ids of the events."""
        of = {row.event_id: (row.type.partition(".")[0], row.thing_id) for row in rows if row.thing_id is not None}
        names = await within(reading.names(self._db, organization_id, set(of.values())))
        return {event_id: names[id] for event_id, (_, id) in of.items() if id in names}

    async def _number_events(self) -> None:
        """Write the deliveries of earlier events, unless another replica is about to write them.

        So a change of an endpoint mostly applies only to events from now on.
        """
        await within(feed.number(self._db, self._notifier))

    async def _endpoint_or_callbacks(self, request: web.Request) -> WebhookEndpoint | None:
        """The endpoint in the path, or None for all callbacks; raises ApiProblem."""
        if request.match_info["id"] == CALLBACKS:
            return None
        return _existing(await within(webhook_endpoints.get(self._db, *_ids(request))))

    def _keys(self) -> WebhookKeys:
        if self._webhooks.keys is None:
            raise webhook_url.off()
        return self._webhooks.keys

    def _secret(self, row: WebhookEndpoint) -> str:
        return signature.written(_signing(row, self._keys())[0])


def _signing(row: WebhookEndpoint, keys: WebhookKeys) -> tuple[bytes, ...]:
    overlap = deliveries.OVERLAP_SECONDS
    rotated = row.rotated_at is not None and (datetime.now(UTC) - row.rotated_at).total_seconds() < overlap
    return outgoing.of_endpoint(keys, row.organization_id, row.id, generation=row.generation, overlapping=rotated)


def _ids(request: web.Request) -> tuple[UUID, UUID]:
    """The ids of the key's organization and of the endpoint in the path; raises ApiProblem."""
    if (id := ids.decode("whe", request.match_info["id"])) is None:
        raise _no_such()
    return auth.key(request).organization_id, id


def _existing(row: WebhookEndpoint | None) -> WebhookEndpoint:
    if row is None:
        raise _no_such()
    return row


def _no_such() -> ApiProblem:
    return ApiProblem(NOT_FOUND, "No webhook endpoint of your organization has this id.")


def _full() -> ApiProblem:
    limit = webhook_endpoints.MAX_ACTIVE
    return ApiProblem(ENDPOINT_CONFLICT, f"Your organization has {limit} endpoints: disable or delete one first.")


def _status(text: str | None) -> DeliveryStatus | None:
    if text is None or text in set(DeliveryStatus):
        return DeliveryStatus(text) if text is not None else None
    raise ApiProblem(BAD_PARAMETER, f"status must be one of {', '.join(DeliveryStatus)}.")
