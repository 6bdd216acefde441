"""Whether bytes really come from Slack: its v0 signature over the raw body, checked before anything is parsed.

Why by hand: the usual verifiers raise on a timestamp that is no number, a body that is no UTF-8 or a signature that is
no ASCII, and a stranger's bytes must end in 401, never in 500. Here every input ends in a verdict.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Final, Self

TOLERANCE: Final = 300
"""Seconds a signature is good for, before and after the clock here: Slack's own rule, and a replayed click is harmless
anyway, because it has the same claim id."""

_TIMESTAMP = re.compile(r"[0-9]{1,12}")  # ASCII digits only: int() alone would also read signs, spaces and Thai digits
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")


class Refusal(StrEnum):
    """Why a request is not Slack's, for the log; the sender learns nothing but 401."""

    MISSING = "missing"  # a header is not there, or empty
    MALFORMED = "malformed"  # a header is not of Slack's form, or came more than once
    STALE = "stale"  # the timestamp is too old, or too far ahead
    WRONG = "wrong"  # no accepted secret made this signature


class SigningSecrets:
    """The signing secrets accepted at this moment: one, or several while they rotate. Never shown, never blank."""

    __slots__ = ("_keys",)

    def __init__(self, secrets: Iterable[str]) -> None:
        """Refuse, in words, secrets that would accept anybody, or nobody."""
        given = list(secrets)
        if not given:
            raise ValueError("no Slack signing secret is given; without one nothing from Slack can be believed")
        if any(not secret.strip() for secret in given):
            raise ValueError(
                "a Slack signing secret is blank; remove it, or paste the one from the app's Basic Information page"
            )
        if any(secret != secret.strip() or not secret.isprintable() for secret in given):
            raise ValueError("a Slack signing secret has a space around it or an invisible character in it")
        self._keys = tuple(secret.encode() for secret in given)

    @classmethod
    def read(cls, text: str) -> Self:
        """Read the setting: one secret, or several with commas between them."""
        return cls(part.strip() for part in text.split(","))

    def made(self, signature: str, *, timestamp: str, body: bytes) -> bool:
        """Whether one of these secrets made `signature`; all are tried, so that time does not tell which."""
        accepted = False
        for key in self._keys:
            digest = hmac.new(key, f"v0:{timestamp}:".encode("ascii"), hashlib.sha256)
            digest.update(body)
            accepted |= hmac.compare_digest(f"v0={digest.hexdigest()}".encode("ascii"), signature.encode("ascii"))
        return accepted


def verify(
    *, secrets: SigningSecrets, timestamp: str | None, signature: str | None, body: bytes, now: float
) -> Refusal | None:
    """Judge a request by its two headers as received and its raw body; None is belief. Never raises.

    A header that came twice is given joined by a comma (`joined`), as HTTP means it, and is refused as malformed.
    """
    if not timestamp or not signature:
        return Refusal.MISSING
    if not _TIMESTAMP.fullmatch(timestamp) or not _SIGNATURE.fullmatch(signature):
        return Refusal.MALFORMED
    if not abs(now - int(timestamp)) <= TOLERANCE:  # written so that a clock that is not a number refuses
        return Refusal.STALE
    if not secrets.made(signature, timestamp=timestamp, body=body):
        return Refusal.WRONG
    return None


def joined(values: Iterable[str]) -> str | None:
    """All values of one header as HTTP reads them together; None when the header is not there."""
    return ", ".join(values) or None


def claim_id(payload: bytes | str) -> bytes:
    """Name a click by what was signed: SHA-256 of the payload's text, so that a repeat has the same name everywhere.

    Headers have no part in it: they are not, or not only, what the person did.
    """
    return hashlib.sha256(payload if isinstance(payload, bytes) else payload.encode("utf-8", "surrogatepass")).digest()
