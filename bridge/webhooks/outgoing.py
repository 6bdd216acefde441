"""What one replica calls receivers with: its keys, its rule of where it may go, and its way out."""

import time
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from bridge.webhooks import signature
from bridge.webhooks.guard import Guard
from bridge.webhooks.outcome import DeliveryOutcome
from bridge.webhooks.sender import Sender
from bridge.webhooks.signature import WebhookKeys

TEST: Final = "webhook.test"  # a type that is sent when it is asked for, to whatever endpoint
_CALLBACK = "callback"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhooks:
    """The outward side of webhooks. Without `keys` nothing can be signed, and so nothing is sent."""

    keys: WebhookKeys | None
    guard: Guard
    sender: Sender

    async def send(self, url: str, *, id: str, body: bytes, secrets: tuple[bytes, ...]) -> DeliveryOutcome:
        """One attempt, signed for this moment; never raises."""
        headers = signature.headers(id=id, timestamp=int(time.time()), body=body, secrets=secrets)
        return await self.sender.send(url, body=body, headers=headers)


def of_endpoint(
    keys: WebhookKeys, organization_id: UUID, endpoint_id: UUID, *, generation: int, overlapping: bool
) -> tuple[bytes, ...]:
    """What signs for an endpoint, its current secret first; `overlapping`: that of the generation before signs too."""
    generations = [generation, generation - 1] if overlapping else [generation]
    return tuple(
        secret for each in generations for secret in keys.secrets(organization_id, f"endpoint {endpoint_id.hex} {each}")
    )


def of_callbacks(keys: WebhookKeys, organization_id: UUID) -> tuple[bytes, ...]:
    """What signs for all callbacks of an organization, the current secret first."""
    return keys.secrets(organization_id, _CALLBACK)
