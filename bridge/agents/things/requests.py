"""What tells a repeated request from another with the same Idempotency-Key."""

import hashlib

from bridge.agents.http.problems import KEY_REUSED, ApiProblem
from bridge.agents.interactions import requests
from storage.model import Json


def fingerprint(method: str, path: str, body: Json) -> bytes:
    """SHA-256 of method, path and body: the same key goes with the same request only."""
    return hashlib.sha256(f"{method} {path}\n".encode() + requests.fingerprint(body)).digest()


def mismatch() -> ApiProblem:
    """The problem of a request with a key that was used for another one."""
    return ApiProblem(KEY_REUSED, "This Idempotency-Key was used with a different request. Use a new key.")
