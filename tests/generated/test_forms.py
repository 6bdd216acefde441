"""Submissions as no client of Slack sends them: never a 5xx, never an answer but the one that was sent whole."""

import copy
import json
import random
from collections.abc import Callable
from typing import Any, TypeAlias
from urllib.parse import parse_qs

from bridge.forms import codec
from bridge.forms.codec import FormTarget
from sandbox.slack.server import Sandbox
from storage.model import Interaction, Json, Status
from tests import payloads
from tests.bridge import replica as replicas
from tests.bridge.replica import Replica
from tests.bridge.slack.forms import asking
from tests.generated import hostile, scale
from tests.generated.scale import Tried

BLOCK = codec.block_id("comment")
BLOCKS = [
    "f1_comment",
    "f2_comment",
    "f01_comment",
    "f0_comment",
    "f1_other",
    "f1_",
    "F1_comment",
    "why",
    "",
    "f1_comment\n",
]
TYPES = [
    "plain_text_input",
    "checkboxes",
    "multi_static_select",
    "number_input",
    "file_input",
    "radio_buttons",
    "",
    None,
]
TEXTS = ["x" * 3_001, "x" * 200_000, "a\x00b", "\ud800", "\u200b", " ", "", "😀" * 1_501, "<!channel>", "\u202e", "7"]
POSITIONS: list[Any] = [
    "0",
    "1",
    "2",
    "3",
    "00",
    "-1",
    "999999999999",
    "one",
    "\u0664",
    "deny",
    "",
    None,
    0,
    1.5,
    [],
    {},
]

Change: TypeAlias = Callable[[Any, random.Random], object]


def odd(chance: random.Random) -> Any:
    return copy.deepcopy(chance.choice([*hostile.ODD, *TEXTS, 7, 0.5, True]))


def entry(chance: random.Random) -> Any:
    """What one input contains, mostly of the wrong type or size."""
    selected = [{"value": chance.choice(POSITIONS)} for _ in range(chance.choice([0, 1, 2, 3, 120]))]
    value = chance.choice(TEXTS) if chance.random() < 0.6 else odd(chance)
    chosen = selected if chance.random() < 0.7 else odd(chance)
    made = {"type": chance.choice(TYPES), "value": value, "selected_options": chosen}
    return {chance.choice([codec.INPUT, codec.INPUT, "text", ""]): made} if chance.random() < 0.9 else odd(chance)


def metadata(sent: Any, chance: random.Random) -> None:
    written = json.loads(sent["view"]["private_metadata"])
    match chance.randrange(4):
        case 0:
            del written[chance.choice(["v", "interaction", "choice"])]
        case 1:
            written[chance.choice(["v", "interaction", "choice", "page", "ts"])] = odd(chance)
        case 2:
            sent["view"]["private_metadata"] = odd(chance)
            return
        case _:
            written["choice"] = chance.choice(["approve", "never", "", "deny\x00", "v1:open:deny", "DENY"])
    sent["view"]["private_metadata"] = json.dumps(written)


CHANGES: list[Change] = [
    lambda sent, chance: sent["view"]["state"]["values"].update({BLOCK: entry(chance)}),
    lambda sent, chance: sent["view"]["state"].update(values={chance.choice(BLOCKS): entry(chance) for _ in range(3)}),
    lambda sent, chance: sent["view"]["state"].update(values=odd(chance)),
    lambda sent, chance: sent["view"].update(state=odd(chance)),
    metadata,
    lambda sent, chance: sent["view"].update(blocks=odd(chance)),
    lambda sent, chance: sent["view"].update(callback_id=odd(chance), hash=odd(chance)),
]


def case(view: Json, chance: random.Random) -> bytes:
    """A submission of this form by a person who may answer, damaged in one to three places."""
    sent = asking.payload(view)
    chosen = chance.sample(range(len(CHANGES)), chance.randint(1, 3))
    for number in sorted(chosen):  # the earlier ones go deeper
        CHANGES[number](sent, chance)
    if chance.random() > 0.1:
        return payloads.form(sent)
    # The same name twice in one object: the last one counts, and both were signed.
    return payloads.form_text(
        json.dumps(sent).replace(f'"{BLOCK}":', f'"{BLOCK}": {json.dumps(entry(chance))}, "{BLOCK}":')
    )


async def test_no_submission_whatever_is_a_mistake_of_ours_or_decides_what_was_not_said(dsn: str, tried: Tried) -> None:
    chance = random.Random(scale.SEED)
    async with Sandbox(posting_limit=False) as slack, replicas.running(slack, dsn) as replica:
        question, handle = await asking.ask(replica)
        view = await asking.opened(replica, question, handle)
        assert await asking.send(replica, asking.payload(view)) is None, "without damage it counts"
        question = await _another(replica, view)
        for _ in range(scale.many(150)):
            body = case(view, chance)

            answer = await replica.send(body)

            assert answer.status == 200, (answer, body)
            acked = json.loads(answer.body) if answer.body else None
            tried((acked or {}).get("response_action", "closed"))
            now = await asking.read(replica, question)
            if acked is None:
                _assert_is_valid(now, body)
                question = await _another(replica, view)
            else:
                assert now.status is Status.PENDING, body
                assert acked["response_action"] == "update" or set(acked["errors"]) <= _inputs(body), body
    assert set(tried.counts) == {"closed", "errors", "update"}


async def _another(replica: Replica, view: Json) -> Interaction:
    """Another question of the same sort; the form is about it from now on."""
    question, handle = await asking.ask(replica)
    target = FormTarget(interaction=question.id, choice="deny", channel=handle.channel, ts=handle.ts)
    view["private_metadata"] = codec.metadata(target)
    return question


def _assert_is_valid(answered: Interaction, body: bytes) -> None:
    """A form that closes has answered, with words that the form accepts."""
    assert answered.answer is not None, body
    if answered.answer["decision"] == "approve":  # whose comment is optional
        return
    assert answered.answer["decision"] == "deny"
    words = answered.answer["comment"]
    assert isinstance(words, str) and 0 < len(words.encode("utf-16-le")) // 2 <= 3_000 and words.strip()
    assert "\x00" not in words


def _inputs(body: bytes) -> set[str]:
    """The block_ids of the input blocks in the view that was sent."""
    blocks = json.loads(parse_qs(body.decode())["payload"][0])["view"]["blocks"]
    return {block["block_id"] for block in blocks if block["type"] == "input"}
