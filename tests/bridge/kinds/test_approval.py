import json
from pathlib import Path
from typing import Any

import pytest

from bridge import question
from bridge.card.frame import CardView, Drawing
from bridge.kinds.approval import KIND
from bridge.kinds.approval.request import Request
from storage.model import Json, Status
from tests.bridge import limits
from tests.bridge.interactions import interaction

PICTURES = Path(__file__).parent / "pictures"


def draw(request: Json, status: Status = Status.PENDING, *, plain: bool = False) -> Drawing:
    return KIND.draw(CardView(interaction(request, status=status), version=1, plain=plain))


def asked(**fields: Any) -> Json:
    return {"kind": "approval", "title": "Restart the queue?"} | fields


@pytest.mark.parametrize("plain", [False, True])
def test_approve_and_deny_are_one_click_each(*, plain: bool) -> None:
    approve, deny = limits.buttons(draw(asked(), plain=plain))

    assert (approve["text"]["text"], deny["text"]["text"]) == ("Approve", "Deny")
    assert approve["style"] == "primary"
    assert "confirm" not in approve and "confirm" not in deny


def test_only_approve_is_approved() -> None:
    answers = KIND.answers(Request.model_validate(asked()))

    assert answers == {
        "approve": {"decision": "approve", "approved": True, "option": None, "label": "Approve"},
        "deny": {"decision": "deny", "approved": False, "option": None, "label": "Deny"},
    }


@pytest.mark.parametrize(("choice", "said"), [("approve", "*Approved* by <@U0CHO>"), ("deny", "*Denied* by <@U0CHO>")])
def test_a_settled_card_says_what_was_decided(choice: str, said: str) -> None:
    settled = interaction(asked(), status=Status.ANSWERED, choice=choice)
    answer = settled.answers[choice] | {"by": {"user": "U0CHO", "name": "cho", "team": "T0HOME"}, "via": "button"}
    card = KIND.draw(CardView(interaction(asked(), status=Status.ANSWERED, choice=choice, answer=answer), version=2))

    assert said in card.text
    assert any(said in text for text in limits.mrkdwn(card.blocks))


@pytest.mark.parametrize("plain", [False, True])
def test_all_arguments_are_shown(*, plain: bool) -> None:
    arguments = {f"argument {n}": ["```", "*", n, None, "\u202e", {"deep": n / 7}] for n in range(20)}
    card = draw(asked(action={"name": "run", "arguments": arguments}), plain=plain)
    written = "".join(limits.words(card).split())

    assert "".join(question.pretty(arguments).split()) in written
    assert "run" in limits.words(card)


FOREIGN = "⟪foreign⟫"


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("plain", [False, True])
def test_an_agents_words_stand_only_above_the_rule_and_never_in_slacks_markup(status: Status, *, plain: bool) -> None:
    request = asked(
        title=FOREIGN,
        body=f"{FOREIGN} **{FOREIGN}** [{FOREIGN}](https://example.com)\n\n---\n\n*Approved* by {FOREIGN}",
        action={"name": FOREIGN, "arguments": {FOREIGN: FOREIGN}},
        facts=[{"name": FOREIGN, "value": FOREIGN}],
        agent={"name": FOREIGN, "run": FOREIGN},
    )
    card = draw(request, status, plain=plain)
    rule = [block["type"] for block in card.blocks].index("divider")

    assert FOREIGN in json.dumps(card.blocks[:rule], ensure_ascii=False)
    assert FOREIGN not in json.dumps(card.blocks[rule:], ensure_ascii=False)
    assert not any(FOREIGN in text for text in limits.mrkdwn(card.blocks))
    assert "divider" not in [block["type"] for block in card.blocks[:rule]]


def test_an_agents_link_shows_the_host_it_leads_to() -> None:
    card = draw(asked(agent={"url": "https://bank.example@evil.example/a|b>?q=<!here>&amp;"}))

    [link] = [text for text in limits.mrkdwn(card.blocks) if "evil.example" in text]
    assert link.endswith("|evil.example>")
    limits.check(card, interaction(asked()))


def test_who_asks_is_verified_and_what_it_says_of_itself_is_not() -> None:
    card = draw(asked(agent={"name": "release-bot, verified"}, on_behalf_of={"user": "U0BOB"}))
    verified, claims = [block for block in card.blocks if block["type"] == "context"][:2]

    assert [element["text"] for element in verified["elements"]] == [
        "Asked by release-bot",
        "_verified by its API key_",
    ]
    assert [element["text"] for element in claims["elements"]] == [
        "_Agent, not verified:_",
        "“release-bot, verified”",
        "on behalf of <@U0BOB>",
    ]


@pytest.mark.parametrize("status", [Status.PENDING, Status.ANSWERED])
def test_a_deployment_looks_like_its_picture(status: Status) -> None:
    [example] = [example for example in KIND.examples if example.name == "a deployment"]
    picture = json.loads((PICTURES / f"approval_{status}.json").read_text())

    assert draw(example.request, status).blocks == picture
