"""Pages of full texts as no client of Slack asks for them: never a 5xx, and never a word for who may not decide."""

import copy
import json
import random
from collections.abc import Callable
from typing import Any, TypeAlias

from bridge import ids
from bridge.forms import codec
from sandbox.slack.server import Sandbox
from storage.model import Json, Status
from tests import payloads
from tests.bridge import replica as replicas
from tests.bridge.slack.forms import asking, reading
from tests.generated import hostile, scale
from tests.generated.scale import Tried

PAGES: list[Any] = [
    codec.page_action(0),
    codec.page_action(1),
    "v1:page:999",
    "v1:page:1000",
    "v1:page:-1",
    "v1:page:01",
]
ACTIONS: list[Any] = [*PAGES, "v1:page:\u0661", "v1:page:", "v1:show", "v1:choose:approve", "v1:open:deny", "", None, 7]
PEOPLE = [("U0ANA", "T0SANDBOX"), ("U0BOB", "T0SANDBOX"), ("U0SAM", "T0OTHER"), ("U0ANA", "T0OTHER")]

Change: TypeAlias = Callable[[Any, random.Random], object]


def odd(chance: random.Random) -> Any:
    return copy.deepcopy(chance.choice(hostile.ODD))


def metadata(sent: Any, chance: random.Random) -> None:
    written = json.loads(sent["view"]["private_metadata"])
    written[chance.choice(["v", "interaction", "choice", "page", "ts", "channel", "thread"])] = odd(chance)
    sent["view"]["private_metadata"] = json.dumps(written) if chance.random() < 0.8 else odd(chance)


CHANGES: list[Change] = [
    metadata,
    lambda sent, chance: sent["actions"][0].update(action_id=chance.choice(ACTIONS)),
    lambda sent, chance: sent["actions"][0].update(action_id=odd(chance)),
    lambda sent, chance: sent.update(actions=odd(chance)),
    lambda sent, chance: sent["view"].update(callback_id=chance.choice([codec.ANSWER, "", odd(chance)])),
    lambda sent, chance: sent["view"].update(hash=odd(chance), blocks=odd(chance)),
    lambda sent, chance: sent.update(trigger_id=odd(chance), container=odd(chance)),
]


def case(sent: Json, chance: random.Random) -> Any:
    """A request for a page by a random person, usually damaged in one or two places."""
    made = copy.deepcopy(sent)
    user, team = chance.choice(PEOPLE)
    made["user"] |= {"id": user, "team_id": team}
    made["trigger_id"] = ids.new().hex
    made["actions"][0]["action_id"] = codec.page_action(chance.choice([0, 1, 2]))
    for number in sorted(chance.sample(range(len(CHANGES)), chance.randint(0, 2))):
        CHANGES[number](made, chance)
    return made


async def test_no_request_for_a_page_is_a_mistake_of_ours_or_shows_it_to_the_wrong_person(
    dsn: str, tried: Tried
) -> None:
    chance = random.Random(scale.SEED)
    async with Sandbox(posting_limit=False) as slack, replicas.running(slack, dsn) as replica:
        question, handle = await reading.ask(replica)
        view = await reading.opened(replica, question, handle)
        sent = (await reading.turn(replica, view, 1))["payload"]
        for _ in range(scale.many(120)):
            made = case(sent, chance)
            made["view"]["hash"] = (await asking.view(replica))["hash"] if chance.random() < 0.8 else None
            updates = len(replica.called("views.update"))

            answer = await replica.send(payloads.form(made))

            assert (answer.status, answer.body) == (200, b""), made
            shown = [str(call["view"]) for call in replica.called("views.update")[updates:]]
            leaked = any("line 0" in text for text in shown)
            may = (made["user"]["id"], made["user"]["team_id"]) == PEOPLE[0]
            assert may or not leaked, made
            tried("shown" if leaked else "refused" if shown else "ignored")
        assert (await asking.read(replica, question)).status is Status.PENDING
        assert len(replica.called("views.open")) == 1
    assert set(tried.counts) == {"shown", "refused", "ignored"}
