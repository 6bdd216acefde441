"""Signs deliveries, so that a receiver can detect a forged one.

The format is Standard Webhooks (https://github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md).
No secret is stored: each is derived from the setting ASKBRIDGE_WEBHOOK_KEY and its purpose, so that a copy of the
database cannot sign anything.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

_MIN_CHARACTERS = 32
_PREFIX = "whsec_"


class UnusableKey(ValueError):
    """The webhook key cannot be used; the message says why and never contains the key."""


@dataclass(frozen=True, slots=True)
class WebhookKeys:
    """The keys that secrets are derived from: the current key first, then those being rotated out."""

    keys: tuple[bytes, ...] = field(repr=False)

    @classmethod
    def read(cls, text: str) -> "WebhookKeys":
        """Read a comma list; raises UnusableKey."""
        keys = tuple(key.strip().encode() for key in text.split(","))
        if any(len(key) < _MIN_CHARACTERS for key in keys):
            raise UnusableKey(
                f"must have {_MIN_CHARACTERS} characters or more in each key; make one with: openssl rand -base64 32"
            )
        return cls(keys)

    def secrets(self, organization_id: UUID, purpose: str) -> tuple[bytes, ...]:
        """The secrets for one purpose of one organization, the current one first; 32 bytes each."""
        message = b"askbridge webhook 1\0" + organization_id.bytes + purpose.encode()
        return tuple(hmac.digest(key, message, hashlib.sha256) for key in self.keys)


def written(secret: bytes) -> str:
    """A secret in the format of Standard Webhooks: `whsec_` and Base64."""
    return _PREFIX + base64.b64encode(secret).decode()


def headers(*, id: str, timestamp: int, body: bytes, secrets: Sequence[bytes]) -> dict[str, str]:
    """The three headers of one attempt.

    `id` is the same for all attempts of a delivery; `timestamp` (Unix seconds) is the time of this attempt.
    """
    content = f"{id}.{timestamp}.".encode() + body
    signatures = [base64.b64encode(hmac.digest(secret, content, hashlib.sha256)).decode() for secret in secrets]
    return {
        "webhook-id": id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
