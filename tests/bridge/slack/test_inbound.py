"""People's door against everything that is not Slack, and everything of Slack's that we do nothing with."""

import io
import json
import time

import pytest

from bridge.commands import clicks_check
from bridge.server.degraded import WRONG_SIGNATURES
from bridge.slack import inbound
from sandbox.slack.faults import Kind
from sandbox.slack.server import Sandbox
from storage.model import Interaction, Status
from tests import payloads
from tests.bridge import replica as replicas
from tests.bridge.replica import Replica
from tests.storage import build

REFUSED, FORGED = "slack_request_refused", "v0=" + "0" * 64
STAMP, SIGNATURE = "X-Slack-Request-Timestamp", "X-Slack-Signature"


async def untouched(replica: Replica, question: Interaction) -> bool:
    """Whether nothing that was sent had any effect."""
    row = await build.read(replica.db, replica.tenant, question.id)
    return row.status is Status.PENDING and await replica.verdicts() == []


UNBELIEVABLE: list[tuple[str, dict[str, str | None]]] = [
    ("no headers at all", {STAMP: None, SIGNATURE: None}),
    ("no signature", {SIGNATURE: None}),
    ("no timestamp", {STAMP: None}),
    ("an empty signature", {SIGNATURE: ""}),
    ("an empty timestamp", {STAMP: ""}),
    ("another version", {SIGNATURE: "v1=" + "0" * 64}),
    ("no version", {SIGNATURE: "0" * 64}),
    ("a wrong signature", {SIGNATURE: "v0=" + "0" * 64}),
    ("a short signature", {SIGNATURE: "v0=00"}),
    ("a signature in capitals", {SIGNATURE: "v0=" + "A" * 64}),
    ("a signature beyond ASCII", {SIGNATURE: "v0=" + "é" * 64}),
    ("a word for a timestamp", {STAMP: "yesterday"}),
    ("a timestamp with a fraction", {STAMP: "1763719200.5"}),
    ("a negative timestamp", {STAMP: "-1763719200"}),
    ("a timestamp of five thousand digits", {STAMP: "9" * 5000}),
    ("a timestamp in Thai digits", {STAMP: "๑๗๖๓๗๑๙๒๐๐"}),
    ("a timestamp that is infinite", {STAMP: "inf"}),
    ("a timestamp that is no number", {STAMP: "nan"}),
    ("a timestamp of zero", {STAMP: "0"}),
]


@pytest.mark.parametrize("changes", [change for _, change in UNBELIEVABLE], ids=[name for name, _ in UNBELIEVABLE])
async def test_m027_m028_what_slack_did_not_sign_is_refused_and_changes_nothing(
    replica: Replica, question: Interaction, changes: dict[str, str | None]
) -> None:
    body = payloads.form(replica.payload(question))
    headers = {name: value for name, value in (replica.signed(body) | changes).items() if value is not None}

    told = await replica.send(body, headers)

    assert told.status == 401
    assert told.body == b"", "the sender learns nothing"
    assert await untouched(replica, question)


@pytest.mark.parametrize("seconds", [-3600, -301, 301, 3600])
async def test_m028_old_and_future_requests_are_refused(replica: Replica, question: Interaction, seconds: int) -> None:
    body = payloads.form(replica.payload(question))

    told = await replica.send(body, replica.signed(body, at=time.time() + seconds))

    assert told.status == 401
    assert await untouched(replica, question)


@pytest.mark.parametrize("secret", ["", " ", "another-secret"])
async def test_m027_a_signature_by_another_secret_is_refused(
    replica: Replica, question: Interaction, secret: str
) -> None:
    body = payloads.form(replica.payload(question))
    headers = replica.signed(body, secret=secret or "\0")

    assert (await replica.send(body, headers)).status == 401
    assert await untouched(replica, question)


@pytest.mark.parametrize("doubled", [STAMP, SIGNATURE])
@pytest.mark.parametrize("place", ["before", "after"])
async def test_doubled_headers_are_refused(replica: Replica, question: Interaction, doubled: str, place: str) -> None:
    body = payloads.form(replica.payload(question))
    pairs = list(replica.signed(body).items())
    wrong = (doubled, "0" if doubled == STAMP else "v0=" + "0" * 64)
    pairs = [*pairs, wrong] if place == "after" else [wrong, *pairs]

    assert (await replica.send(body, pairs)).status == 401
    assert await untouched(replica, question)


async def test_a_signed_body_with_one_byte_changed_is_refused(replica: Replica, question: Interaction) -> None:
    body = payloads.form(replica.payload(question))

    told = await replica.send(body.replace(b"U0ANA", b"U0BOB"), replica.signed(body))

    assert told.status == 401
    assert await untouched(replica, question)


@pytest.mark.parametrize("kind", [Kind.BAD_SIGNATURE, Kind.OLD_TIMESTAMP])
async def test_what_slack_itself_sends_badly_is_refused(replica: Replica, question: Interaction, kind: Kind) -> None:
    handle = await replica.show(question)
    replica.fault("interactivity", kind)

    assert (await replica.click(question, handle))["status"] == 401
    assert await untouched(replica, question)


async def test_while_secrets_rotate_both_are_taken_and_no_third(slack: Sandbox, dsn: str) -> None:
    async with replicas.running(slack, dsn, secrets="the-new-one, the-old-one") as replica:
        body = payloads.body("event_callback")
        statuses = [
            (await replica.send(body, replica.signed(body, secret=secret))).status
            for secret in ("the-new-one", "the-old-one", slack.world.app.signing_secret)
        ]

    assert statuses == [200, 200, 401]


ODD: list[tuple[str, bytes]] = [
    ("nothing", b""),
    ("a space", b" "),
    ("no form", b"hello"),
    ("binary", bytes(range(256))),
    ("no UTF-8", b"payload=\xff\xfe"),
    ("escaped, no UTF-8", b"payload=%FF%FE"),
    ("a truncated payload", payloads.body("block_actions_message")[:400]),
    ("a truncated escape", b"payload=%7"),
    ("an empty payload", b"payload="),
    ("a payload that is a list", b"payload=%5B%5D"),
    ("a payload that is null", b"payload=null"),
    ("two payloads", payloads.body("block_actions_message") + b"&" + payloads.body("block_actions_message")),
    ("many fields", b"&".join(b"f%d=1" % number for number in range(100_000))),
    ("arrays without end", b"payload=" + b"%5B" * 100_000),
    ("a number without end", b"payload=%7B%22type%22%3A" + b"9" * 100_000 + b"%7D"),
    ("truncated JSON", b'{"type": "event_callback"'),
    ("JSON of another sort", b'{"hello": "world"}'),
    ("JSON that is a list", b"[1]"),
    ("an unknown type", payloads.form({"type": "telepathy"})),
    ("a type that is a list", payloads.form({"type": []})),
    ("a click without an action", payloads.form({"type": "block_actions", "actions": []})),
    ("a click from nowhere", payloads.form({"type": "block_actions", "actions": [{}]})),
    ("an event without a subscription", payloads.body("event_callback")),
    ("a command", payloads.body("slash_command")),
    ("a form that was closed", payloads.body("view_closed")),
    ("a shortcut", payloads.body("shortcut")),
    ("a look at the certificate", payloads.body("ssl_check")),
    ("a link that was opened", payloads.body("block_actions_link")),
]


@pytest.mark.parametrize("body", [body for _, body in ODD], ids=[name for name, _ in ODD])
async def test_what_is_signed_and_nothing_to_us_is_taken_calmly(replica: Replica, body: bytes) -> None:
    assert (await replica.send(body)).status == 200
    assert await replica.verdicts() == []
    assert (await replica.send(body, {})).status == 401, "and unsigned it is refused like everything else"


async def test_a_click_beside_bytes_that_are_no_text_still_counts(replica: Replica, question: Interaction) -> None:
    body = payloads.form(replica.payload(question)) + b"&more=\xff"

    assert (await replica.send(body)).status == 200
    assert await replica.verdicts() == ["won"]


@pytest.mark.parametrize(
    "content_type", [None, "application/json", "text/plain; charset=klingon", "multipart/form-data"]
)
async def test_a_click_counts_whatever_the_unsigned_headers_say_it_is(
    replica: Replica, question: Interaction, content_type: str | None
) -> None:
    body = payloads.form(replica.payload(question))
    headers = replica.signed(body)
    del headers["Content-Type"]
    headers |= {"Content-Type": content_type} if content_type else {}

    assert (await replica.send(body, headers)).status == 200
    assert await replica.verdicts() == ["won"]


async def test_the_address_is_confirmed_to_slack(replica: Replica) -> None:
    told = await replica.send(payloads.body("url_verification"))

    assert told.status == 200
    assert json.loads(told.body) == {"challenge": payloads.load("url_verification")["challenge"]}
    assert (await replica.send(payloads.body("url_verification"), {})).status == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"x-slack-bolt-lazy-only": "1"},
        {"x-slack-bolt-lazy-function-name": "clicked"},
        {"x-slack-bolt-lazy-only": "1", "x-slack-bolt-lazy-function-name": "clicked"},
        {"X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": "http_timeout"},
        {"Cookie": "d=1", "X-Forwarded-For": "203.0.113.1", "X-HTTP-Method-Override": "GET"},
    ],
)
async def test_unsigned_headers_on_a_good_click_change_nothing(
    replica: Replica, question: Interaction, headers: dict[str, str]
) -> None:
    body = payloads.form(replica.payload(question))

    assert (await replica.send(body, replica.signed(body) | headers)).status == 200
    assert await replica.verdicts() == ["won"]


async def test_variables_that_bolt_would_read_change_nothing(
    slack: Sandbox, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (
        "SLACK_CLIENT_ID",
        "SLACK_CLIENT_SECRET",
        "SLACK_BOT_TOKEN",
        "SLACK_SIGNING_SECRET",
        "SLACK_VERIFICATION_TOKEN",
        "SLACK_SCOPES",
    ):
        monkeypatch.setenv(name, "from-the-environment")
    async with replicas.running(slack, dsn) as replica:
        question = await build.question(replica.db, replica.tenant)
        body = payloads.form(replica.payload(question))
        foreign = await replica.send(body, replica.signed(body, secret="from-the-environment"))
        ours = await replica.send(body)
        certificate = await replica.send(payloads.body("ssl_check"), {})

        assert (foreign.status, ours.status, certificate.status) == (401, 200, 401)
        assert await replica.verdicts() == ["won"]


async def test_a_refusal_is_logged_with_what_to_do_about_it(
    replica: Replica, question: Interaction, log: io.StringIO
) -> None:
    body = payloads.form(replica.payload(question))
    signed = replica.signed(body)
    for headers in (
        {},
        signed | {STAMP: "now"},
        replica.signed(body, at=time.time() - 301),
        signed | {SIGNATURE: FORGED},
    ):
        assert (await replica.send(body, headers)).status == 401

    lines = [line for text in log.getvalue().splitlines() if (line := json.loads(text))["event"] == REFUSED]
    assert [line["why"] for line in lines] == ["missing", "malformed", "stale", "wrong"]
    assert len({line["fix"] for line in lines}) == 4
    assert "timedatectl" in lines[2]["fix"] and "ASKBRIDGE_SLACK_SIGNING_SECRET" in lines[3]["fix"]


async def test_the_unsigned_request_of_doctor_is_no_warning_and_still_counts(
    replica: Replica, log: io.StringIO
) -> None:
    """Anyone can name itself so: what has a wrong signature is a warning all the same."""
    await clicks_check.examine(replica.url, replica.secrets, replica.http)
    body = payloads.body("ssl_check")
    named = {"User-Agent": inbound.DOCTOR}
    assert (await replica.send(body, replica.signed(body) | {SIGNATURE: FORGED} | named)).status == 401

    lines = [line for text in log.getvalue().splitlines() if (line := json.loads(text))["event"] == REFUSED]
    assert [(line["level"], line["why"]) for line in lines] == [("info", "missing"), ("warning", "wrong")]
    assert lines[0]["fix"].startswith("Nothing to do: askbridge doctor sent this request")
    assert lines[1]["fix"].startswith("askbridge doctor sent this request with another signing secret")
    for why, expected in {"missing": 1, "doctor": 1, "wrong": 0}.items():
        count = replica.metrics.registry.get_sample_value("askbridge_slack_requests_refused_total", {"why": why})
        assert count == expected, "a doctor with another secret must not fire the alert of a healthy replica"


async def test_a_replica_with_a_wrong_secret_says_so_and_stays_ready(
    replica: Replica, slack: Sandbox, dsn: str
) -> None:
    """One accepted request ends it; doctor, which may have the same wrong secret, neither ends nor causes it."""
    body = payloads.body("ssl_check")

    async def ready(asked: Replica) -> list[str]:
        async with asked.http.get(asked.url.replace(inbound.PATH, "/readyz")) as response:
            text = await response.text()
            findings = json.loads(text).get("degraded", ())
            assert "\\u" not in text
            return [one["code"] for one in findings if one["code"] != "never_clicked"]

    async with replicas.running(slack, dsn, secrets="0" * 32, tenant=replica.tenant) as wrong:
        await clicks_check.examine(wrong.url, replica.secrets, replica.http)
        assert await ready(wrong) == [], "those were of doctor"
        for number in range(WRONG_SIGNATURES):
            assert await ready(wrong) == [], number
            assert (await wrong.send(body)).status == 401
        assert await ready(wrong) == ["signatures_wrong"] and await ready(replica) == []
        await clicks_check.examine(wrong.url, wrong.secrets, wrong.http)
        assert await ready(wrong) == ["signatures_wrong"], "doctor has the same wrong secret"
        await wrong.send(body, wrong.signed(body, secret="0" * 32))
        assert await ready(wrong) == []
