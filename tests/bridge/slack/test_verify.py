"""Slack's signature, from the published vector to malformed input."""

import hashlib
import hmac
import random

import pytest

from bridge.metrics import Refusal
from bridge.slack import verify as door
from bridge.slack.verify import SigningSecrets, verify
from tests.generated.damage import damaged

NOW = 1_700_000_000
SECRET = "sandbox-signing-secret"
SECRETS = SigningSecrets([SECRET])
BODY = b"payload=%7B%22type%22%3A%22block_actions%22%7D"
SIGNATURE = "v0=136ec842bba6873ef0e5d43c265750b6dfa364fd24176633ab9fc3f287226177"

PUBLISHED_BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
PUBLISHED_SIGNATURE = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"


def judge(
    *,
    secrets: SigningSecrets = SECRETS,
    timestamp: str | None = str(NOW),
    signature: str | None = SIGNATURE,
    body: bytes = BODY,
    now: float = NOW,
) -> Refusal | None:
    return verify(secrets=secrets, timestamp=timestamp, signature=signature, body=body, now=now)


def sign(body: bytes, *, secret: str = SECRET, timestamp: str = str(NOW)) -> str:
    return "v0=" + hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()


def test_the_vector_slack_publishes_is_believed() -> None:
    secrets = SigningSecrets(["8f742231b10e8888abcd99yyyzzz85a5"])

    assert (
        judge(
            secrets=secrets,
            timestamp="1531420618",
            signature=PUBLISHED_SIGNATURE,
            body=PUBLISHED_BODY,
            now=1531420618,
        )
        is None
    )


def test_our_own_vector_is_believed() -> None:
    assert judge() is None


@pytest.mark.parametrize("body", [b"", b"\xff\xfe\x00payload", b"x" * 1_000_000])
def test_any_bytes_can_be_signed(body: bytes) -> None:
    assert judge(body=body, signature=sign(body)) is None


@pytest.mark.parametrize(
    ("off", "expected"),
    [(-301, Refusal.STALE), (-300, None), (0, None), (299.9, None), (300, None), (300.1, Refusal.STALE)],
)
def test_a_signature_is_good_for_five_minutes_both_ways(off: float, expected: Refusal | None) -> None:
    assert expected == judge(now=NOW + off)


@pytest.mark.parametrize("now", [float("nan"), float("inf"), float("-inf")])
def test_a_clock_that_shows_no_time_believes_nothing(now: float) -> None:
    assert judge(now=now) is Refusal.STALE


@pytest.mark.parametrize("absent", [None, ""])
def test_a_header_that_is_not_there_is_missing(absent: str | None) -> None:
    assert judge(timestamp=absent) is Refusal.MISSING
    assert judge(signature=absent) is Refusal.MISSING


@pytest.mark.parametrize(
    "timestamp",
    [
        "now",
        "1700000000.0",
        "1.7e9",
        "+1700000000",
        "-1700000000",
        " 1700000000",
        "1700000000 ",
        "1700000000\n",
        "1_700_000_000",
        "0x6553f100",
        "9" * 13,
        "1" * 5_000,
        "\u0661\u0667" + "\u0660" * 8,  # Arabic-Indic digits, which int() would read
        "¹700000000",
        "17000000\udcff0",  # a byte that is no UTF-8, as an HTTP server hands it over
        "NaN",
        "inf",
        "\x00",
        "1700000000, 1700000000",
    ],
)
def test_a_timestamp_that_is_no_plain_number_is_malformed(timestamp: str) -> None:
    """The right signature over such a timestamp changes nothing."""
    signature = (
        "v0="
        + hmac.new(
            SECRET.encode(), b"v0:" + timestamp.encode("utf-8", "surrogatepass") + b":" + BODY, hashlib.sha256
        ).hexdigest()
    )

    assert judge(timestamp=timestamp, signature=signature) is Refusal.MALFORMED


@pytest.mark.parametrize(
    "signature",
    [
        "v0",
        "v0=",
        SIGNATURE[:-1],
        SIGNATURE + "0",
        SIGNATURE + "\n",
        SIGNATURE.upper(),
        SIGNATURE.removeprefix("v0="),
        SIGNATURE.replace("v0", "v1"),
        "v0=" + "é" * 64,
        "v0=" + "\udcff" * 64,
        "v0=" + "g" * 64,
        "v0=" + "a" * 1_000_000,
        f"{SIGNATURE}, {SIGNATURE}",
    ],
)
def test_a_signature_not_of_slacks_form_is_malformed(signature: str) -> None:
    assert judge(signature=signature) is Refusal.MALFORMED


def test_a_header_sent_twice_is_malformed_even_when_both_are_right() -> None:
    assert judge(signature=door.joined([SIGNATURE, SIGNATURE])) is Refusal.MALFORMED
    assert judge(timestamp=door.joined([str(NOW), str(NOW)])) is Refusal.MALFORMED


def test_one_header_joined_is_itself_and_none_is_missing() -> None:
    assert door.joined(["x"]) == "x"
    assert door.joined([]) is None


@pytest.mark.parametrize("secret", ["sandbox-signing-secreT", "another", "0"])
def test_a_signature_by_another_secret_is_wrong(secret: str) -> None:
    assert judge(signature=sign(BODY, secret=secret)) is Refusal.WRONG


def test_a_signature_of_another_body_or_time_is_wrong() -> None:
    assert judge(body=BODY + b" ") is Refusal.WRONG
    assert judge(timestamp=str(NOW + 1)) is Refusal.WRONG
    assert judge(timestamp="0" + str(NOW)) is Refusal.WRONG, "what was signed is the header as received"


def test_while_secrets_rotate_each_of_them_is_good() -> None:
    secrets = SigningSecrets.read("older , newer")

    assert judge(secrets=secrets, signature=sign(BODY, secret="older")) is None
    assert judge(secrets=secrets, signature=sign(BODY, secret="newer")) is None
    assert judge(secrets=secrets, signature=sign(BODY, secret="older , newer")) is Refusal.WRONG


@pytest.mark.parametrize("text", ["", "  ", ",", "good,", ",good", "good, ,better"])
def test_a_blank_secret_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="secret is blank; remove it"):
        SigningSecrets.read(text)


@pytest.mark.parametrize("secret", [" padded", "padded\n", "in\x00visible", "lone\udcff"])
def test_a_mispasted_secret_is_refused_without_being_shown(secret: str) -> None:
    with pytest.raises(ValueError, match="invisible character") as refused:
        SigningSecrets([secret])

    assert secret not in str(refused.value)


def test_no_secret_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="no Slack signing secret"):
        SigningSecrets([])


def test_secrets_are_not_shown() -> None:
    assert SECRET not in repr(SECRETS)
    assert SECRET not in str(vars(type(SECRETS)))


def test_twenty_thousand_damaged_requests_are_refused_and_none_raises() -> None:
    """Each case damages the timestamp, the signature or the body of a good request by a few random bytes."""
    chance = random.Random(11)
    good = (str(NOW).encode(), SIGNATURE.encode(), BODY)
    refusals = set()
    for case in range(20_000):
        parts = list(good)
        which = case % 3
        parts[which] = damaged(parts[which], chance)
        if tuple(parts) == good:
            continue
        timestamp, signature = (part.decode("utf-8", "surrogateescape") for part in parts[:2])

        refusal = judge(timestamp=timestamp, signature=signature, body=parts[2])

        assert refusal is not None, parts
        refusals.add(refusal)
    assert refusals == {*Refusal}, "every way of refusing was met"


def test_a_claim_id_names_the_text_and_only_the_text() -> None:
    text = '{"type":"block_actions","é":1}'

    assert hashlib.sha256(text.encode()).digest() == door.claim_id(text)
    assert door.claim_id(text) == door.claim_id(text.encode())
    assert door.claim_id(text) != door.claim_id(text + " ")
    assert len(door.claim_id("\ud800")) == 32


def test_what_is_signed_while_secrets_rotate_is_signed_with_the_first() -> None:
    signature = SigningSecrets(["the-new-one", "the-old-one"]).sign(timestamp=str(NOW), body=b"{}")

    assert signature == sign(b"{}", secret="the-new-one")
