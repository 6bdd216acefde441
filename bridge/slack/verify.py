"""Verify that a request comes from Slack: its v0 signature over the raw body, checked before the body is parsed.

Source: "Verifying requests from Slack" in Slack's documentation. The usual verifiers raise on a timestamp that is not a
number, a body that is not UTF-8 or a signature that is not ASCII; but an unsigned request must end in 401, never in
500. Here every input returns a result.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable
from typing import Final, Self

from bridge.metrics import Refusal

TOLERANCE: Final = 300
"""Seconds that a signature's timestamp may differ from this clock, either way: Slack's rule. A click that is replayed
within that time has the same claim id, so it changes nothing."""

_TIMESTAMP = re.compile(r"[0-9]{1,12}")  # ASCII digits only: int() alone would also read signs, spaces and Thai digits
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")


class SigningSecrets:
    """The signing secrets that are accepted: one, or several during a rotation. None is blank; the repr shows none."""

    __slots__ = ("_keys",)

    def __init__(self, secrets: Iterable[str]) -> None:
        """Raise ValueError, with a text for the operator, for no secret or one that is blank or padded."""
        accepted = list(secrets)
        if not accepted:
            raise ValueError("no Slack signing secret is given; without one nothing from Slack can be believed")
        if any(not secret.strip() for secret in accepted):
            raise ValueError(
                "a Slack signing secret is blank; remove it, or paste the one from the app's Basic Information page"
            )
        if any(secret != secret.strip() or not secret.isprintable() for secret in accepted):
            raise ValueError("a Slack signing secret has a space around it or an invisible character in it")
        self._keys = tuple(secret.encode() for secret in accepted)

    @classmethod
    def read(cls, text: str) -> Self:
        """Parse the setting: one secret, or several separated by commas."""
        return cls(part.strip() for part in text.split(","))

    def made(self, signature: str, *, timestamp: str, body: bytes) -> bool:
        """Whether one of these secrets produced `signature`; all are tried, so that timing does not reveal which."""
        accepted = False
        for key in self._keys:
            made = _signature(key, timestamp=timestamp, body=body)
            accepted |= hmac.compare_digest(made.encode("ascii"), signature.encode("ascii"))
        return accepted

    def sign(self, *, timestamp: str, body: bytes) -> str:
        """Return the signature by the first of these secrets, the current one."""
        return _signature(self._keys[0], timestamp=timestamp, body=body)


def _signature(key: bytes, *, timestamp: str, body: bytes) -> str:
    digest = hmac.new(key, f"v0:{timestamp}:".encode("ascii"), hashlib.sha256)
    digest.update(body)
    return f"v0={digest.hexdigest()}"


def verify(
    *, secrets: SigningSecrets, timestamp: str | None, signature: str | None, body: bytes, now: float
) -> Refusal | None:
    """Check a request by its two headers as received and its raw body. Returns None if it is from Slack; never raises.

    A header that occurs twice is passed joined by a comma (see `joined`), as HTTP defines, and refused as malformed.
    """
    if not timestamp or not signature:
        return Refusal.MISSING
    if not _TIMESTAMP.fullmatch(timestamp) or not _SIGNATURE.fullmatch(signature):
        return Refusal.MALFORMED
    if not abs(now - int(timestamp)) <= TOLERANCE:  # in this form a `now` that is NaN is refused too
        return Refusal.STALE
    if not secrets.made(signature, timestamp=timestamp, body=body):
        return Refusal.WRONG
    return None


def joined(values: Iterable[str]) -> str | None:
    """Join all values of one header with commas, as HTTP does; None if the header is missing."""
    return ", ".join(values) or None


def claim_id(payload: bytes | str) -> bytes:
    """Return the id of a click: SHA-256 of the signed payload text, so that a repeat has the same id on every replica.

    Headers are left out: what is in them was not, or not only, done by the person.
    """
    return hashlib.sha256(payload if isinstance(payload, bytes) else payload.encode("utf-8", "surrogatepass")).digest()
