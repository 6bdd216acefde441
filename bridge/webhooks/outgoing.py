"""Sends signed webhooks: the keys, the guard and the HTTP client of one replica."""

import time
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from bridge.webhooks import signature
from bridge.webhooks.guard import Guard
from bridge.webhooks.outcome import DeliveryOutcome
from bridge.webhooks.sender import Sender
from bridge.webhooks.signature import WebhookKeys

TEST: Final = "webhook.test"  # the event type of a test delivery, sent on request, whatever an endpoint subscribes to
_CALLBACK = "callback"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhooks:
    """The sending side of webhooks. Without `keys` nothing can be signed, and nothing is sent."""

    keys: WebhookKeys | None
    guard: Guard
    sender: Sender

    async def send(
        self, organization_id: UUID, url: str, *, id: str, body: bytes, secrets: tuple[bytes, ...]
    ) -> DeliveryOutcome:
        """Make one attempt for an organization, signed with the current time; never raises."""
        headers = signature.headers(id=id, timestamp=int(time.time()), body=body, secrets=secrets)
        return await self.sender.send(url, body=body, headers=headers, organization_id=organization_id)


def of_endpoint(
    keys: WebhookKeys, organization_id: UUID, endpoint_id: UUID, *, generation: int, overlapping: bool
) -> tuple[bytes, ...]:
    """The secrets that sign for an endpoint, the current one first.

    `overlapping`: the secret of the previous generation signs too.
    """
    generations = [generation, generation - 1] if overlapping else [generation]
    return tuple(
        secret
        for number in generations
        for secret in keys.secrets(organization_id, f"endpoint {endpoint_id.hex} {number}")
    )


def of_callbacks(keys: WebhookKeys, organization_id: UUID) -> tuple[bytes, ...]:
    """The secrets that sign for all callbacks of an organization, the current one first."""
    return keys.secrets(organization_id, _CALLBACK)
