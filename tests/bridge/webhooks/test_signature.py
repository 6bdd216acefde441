"""Signatures as the public package of Standard Webhooks verifies them, and secrets that are stored nowhere."""

import time
from uuid import UUID

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from bridge.webhooks import signature
from bridge.webhooks.signature import UnusableKey, WebhookKeys

OLD, NEW = "o" * 32, "n" * 44
ORGANIZATION, OTHER = UUID(int=1), UUID(int=2)
BODY = '{"type": "interaction.answered", "text": "ü 😀"}'.encode()


def signed(*secrets: bytes, at: float | None = None) -> dict[str, str]:
    return signature.headers(id="evt_1", timestamp=int(at or time.time()), body=BODY, secrets=secrets)


def verifies(secret: bytes, headers: dict[str, str], body: bytes = BODY) -> bool:
    try:
        Webhook(signature.written(secret)).verify(body, headers)
    except WebhookVerificationError:
        return False
    return True


def test_the_public_package_verifies_it() -> None:
    (secret,) = WebhookKeys.read(OLD).secrets(ORGANIZATION, "endpoint 1")

    assert verifies(secret, signed(secret))
    assert not verifies(secret, signed(secret), BODY + b" ")
    assert not verifies(secret, signed(secret) | {"webhook-id": "evt_2"})
    assert not verifies(secret, signed(secret, at=time.time() - 3600)), "an old attempt cannot be replayed"


def test_while_a_secret_is_rotated_both_verify() -> None:
    new, old = WebhookKeys.read(f"{NEW}, {OLD}").secrets(ORGANIZATION, "endpoint 1")

    headers = signed(new, old)
    assert verifies(new, headers) and verifies(old, headers)
    assert (old,) == WebhookKeys.read(OLD).secrets(ORGANIZATION, "endpoint 1")


def test_every_purpose_of_every_organization_has_a_secret_of_its_own() -> None:
    keys = WebhookKeys.read(OLD)
    secrets = {keys.secrets(organization, purpose) for organization in (ORGANIZATION, OTHER) for purpose in ("a", "b")}

    assert len(secrets) == 4


@pytest.mark.parametrize("text", ["", "short", f"{NEW},short", f"{NEW},", "x" * 31])
def test_a_key_that_could_be_guessed_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(UnusableKey) as refused:
        WebhookKeys.read(text)
    assert "short" not in str(refused.value)


def test_keys_are_in_no_log() -> None:
    assert OLD not in repr(WebhookKeys.read(OLD))
