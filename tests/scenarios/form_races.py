"""Races of submissions and clicks on one question, over two replicas: one winner, and one verdict for each envelope.

    python -m tests.scenarios.form_races --rounds 300

In each round 16 envelopes are sent at once, submissions of a form and clicks on a bare button, a third of them copies
of others. Exit status 1 at the first round that breaks a promise.
"""

import asyncio
import hashlib
import json
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import click

from bridge import ids
from bridge.card import action_ids
from bridge.forms import codec
from bridge.forms.codec import FormTarget
from storage.model import Verdict
from tests import payloads
from tests.bridge import submissions
from tests.scenarios import program
from tests.scenarios.program import Program

ENVELOPES = 16
LOST = {Verdict.TAKEN, Verdict.RECORDED, Verdict.DECIDED}
PEOPLE = [f"U{number}" for number in range(6)]
BODY: dict[str, Any] = {
    "kind": "approval",
    "title": "Deploy 1.4 to production?",
    "comment": {"deny": "required"},
    "to": {"channel": "C0APPROVALS"},
    "responders": {"anyone_in_channel": True},
}


async def race(dev: Program, *, rounds: int, seed: int = 7) -> Counter[str]:
    """Run so many rounds; returns how many envelopes had each verdict. Raises AssertionError."""
    chance = random.Random(seed)
    seen: Counter[str] = Counter()
    for _ in range(rounds):
        _, asked = await dev.call("POST", f"{dev.bridge(0)}/v1/interactions?wait=0", BODY)
        id = ids.decode("int", asked["id"])
        assert id is not None
        target = codec.metadata(FormTarget(interaction=id, choice="deny", channel="C0APPROVALS", ts="1.1"))
        originals = [
            _submission(target, chance) if number % 2 else _click(asked["id"], chance)
            for number in range(ENVELOPES - ENVELOPES // 3)
        ]
        envelopes = originals + chance.choices(originals, k=ENVELOPES // 3)
        chance.shuffle(envelopes)

        answers = await asyncio.gather(*(dev.deliver(envelope, replica=chance.randrange(2)) for envelope in envelopes))

        verdicts = await _verdicts(dev, asked)
        assert Counter(verdicts.values())[Verdict.WON] == 1, verdicts
        assert set(verdicts.values()) <= LOST | {Verdict.WON}, verdicts
        assert len(verdicts) == len(originals), "each envelope has one verdict"
        for envelope, (status, body) in zip(envelopes, answers, strict=True):
            verdict = verdicts[_claim_id(envelope)]
            closes = envelope["type"] == "block_actions" or verdict in (Verdict.WON, Verdict.RECORDED)
            assert status == 200 and (body is None) == closes, (verdict, status, body)
            seen[verdict] += 1
        ended = await dev.get(asked["id"])
        assert ended["status"] == "answered" and ended["answer"]["decision"] in ("approve", "deny")
        assert ("comment" in ended["answer"]) == (ended["answer"]["via"] == "form")
    return seen


def _submission(target: str, chance: random.Random) -> Any:
    sent = payloads.load("view_submission")
    sent["user"]["id"] = chance.choice(PEOPLE)
    sent["trigger_id"] = ids.new().hex
    words = chance.choice(["Not now.", "Never.", "Ask Bob first."])
    state = submissions.entered(words)
    sent["view"] |= {"callback_id": codec.ANSWER, "private_metadata": target, "state": state}
    return sent


def _click(interaction: str, chance: random.Random) -> Any:
    sent = payloads.load("block_actions_message")
    sent["user"]["id"] = chance.choice(PEOPLE)
    sent["trigger_id"] = ids.new().hex
    sent["response_url"] = None
    sent["actions"][0] |= {"block_id": f"v1:{interaction}:1", "action_id": action_ids.choose("approve")}
    return sent


def _claim_id(envelope: Any) -> str:
    return hashlib.sha256(json.dumps(envelope).encode()).hexdigest()


async def _verdicts(dev: Program, asked: dict[str, Any]) -> dict[str, str]:
    """The stored verdict of each envelope, by its claim id."""
    rows = await dev.operate(
        "select encode(claim_id, 'hex') as id, verdict from clicks where interaction_id = $1", about=asked
    )
    return {row["id"]: row["verdict"] for row in rows}


@click.command()
@click.option("--rounds", default=300, show_default=True, help="How many rounds.")
@click.option("--seed", default=7, show_default=True, help="Where the random numbers begin.")
def main(*, rounds: int, seed: int) -> None:
    """Race, and print how many envelopes had each verdict."""
    sys.exit(asyncio.run(_run(rounds, seed)))


async def _run(rounds: int, seed: int) -> int:
    with tempfile.TemporaryDirectory(prefix="askbridge-test-") as folder:
        async with program.running(Path(folder)) as dev:
            try:
                seen = await race(dev, rounds=rounds, seed=seed)
            except AssertionError as broken:
                click.echo(f"broken: {broken}")
                return 1
    click.echo(f"{rounds} rounds: " + ", ".join(f"{number} {verdict}" for verdict, number in sorted(seen.items())))
    return 0


if __name__ == "__main__":
    main()
