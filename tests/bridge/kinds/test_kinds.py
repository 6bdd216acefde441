"""The rules for all kinds, tested with their examples, every status and both forms of the card."""

import asyncio
import hashlib
import json
import os
import pkgutil
import sys
from asyncio.subprocess import PIPE
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bridge import kinds
from bridge.agents.interactions.common_fields import Routing
from bridge.card import texts
from bridge.card.frame import CardView
from bridge.fields import STORED
from bridge.kinds.contract import Example, Kind
from bridge.kinds.registry import KINDS
from bridge.question import Question
from storage import json_text
from storage.model import Json, Status
from tests.bridge import limits
from tests.bridge.interactions import ASKED_AT, interaction
from tests.bridge.kinds.cases import every_example

every_kind = pytest.mark.parametrize("kind", [pytest.param(kind, id=name) for name, kind in KINDS.items()])
FORMS = [pytest.param(False, id="full"), pytest.param(True, id="plain")]

every_status = pytest.mark.parametrize("status", list(Status))
every_form = pytest.mark.parametrize("plain", FORMS)


def test_every_folder_is_a_kind_and_has_its_name() -> None:
    assert sorted(KINDS) == sorted(folder.name for folder in pkgutil.iter_modules(kinds.__path__) if folder.ispkg)
    for name, kind in KINDS.items():
        assert kind.name == name
        assert all(example.request["kind"] == name for example in kind.examples)


@every_kind
def test_what_a_kind_adds_does_not_hide_how_a_question_is_routed(kind: Kind[Any]) -> None:
    assert kind.request.model_fields.keys() & Routing.model_fields.keys() == set()


@every_kind
def test_what_every_question_has_is_as_it_is(kind: Kind[Any]) -> None:
    assert {name: kind.request.model_fields[name].annotation for name in Question.model_fields} == {
        name: field.annotation for name, field in Question.model_fields.items()
    }


LIMITED = {"maxLength", "maxItems", "pattern", "enum", "const", "maximum", "format"}


@every_kind
def test_everything_that_may_be_sent_has_a_limit_that_agents_can_read(kind: Kind[Any]) -> None:
    limitless = [
        schema
        for schema in limits.objects(kind.request.model_json_schema())
        if schema.get("type") in ("string", "array", "integer", "number") and not LIMITED & schema.keys()
    ]

    assert limitless == []


def test_every_kind_has_examples_with_names_of_their_own() -> None:
    for kind in KINDS.values():
        names = [example.name for example in kind.examples]
        assert names and len(set(names)) == len(names)


@every_example
def test_what_is_stored_reads_back_as_the_same_question(kind: Kind[Any], example: Example) -> None:
    accepted = kind.request.model_validate(example.request)
    stored = json_text.loads(json_text.dumps(kind.stored(accepted)))

    read = kind.request.model_validate(stored, context=STORED)
    assert (kind.stored(read), kind.digest(read)) == (stored, kind.digest(accepted))
    assert read == accepted or kind.full_text(accepted), "only the full text is stored elsewhere"


@every_example
def test_every_answer_has_what_the_agents_api_promises(kind: Kind[Any], example: Example) -> None:
    request = kind.request.model_validate(example.request)
    answers, forms = kind.answers(request), kind.stored_forms(request)

    assert answers | forms
    for choice, answer in [*answers.items(), *forms.items()]:
        assert 0 < len(choice) <= 200
        expected = {"decision", "approved", "option", "label"}
        assert set(answer) - {"text"} == expected or (choice in forms and set(answer) == expected - {"label"})
        assert answer["approved"] is (answer["decision"] == "approve")


@every_example
@every_form
def test_what_is_pressed_is_what_will_be_recorded(kind: Kind[Any], example: Example, *, plain: bool) -> None:
    shown = interaction(example.request)
    pressed = limits.pressed(kind.draw(CardView(interaction=shown, version=1, plain=plain)))

    assert pressed.keys() == shown.answers.keys() | shown.forms.keys()
    for choice, answer in (shown.answers | shown.forms).items():
        if "label" in answer:  # else what is submitted with the form says it
            assert pressed[choice] == texts.visible(answer["label"])


@every_example
@every_status
@every_form
def test_a_card_holds_to_every_limit(kind: Kind[Any], example: Example, status: Status, *, plain: bool) -> None:
    shown = interaction(example.request, status=status)

    limits.check(kind.draw(CardView(interaction=shown, version=3, plain=plain)), shown)


@every_example
@every_form
def test_a_settled_card_keeps_the_question_as_a_record(kind: Kind[Any], example: Example, *, plain: bool) -> None:
    asked = interaction(example.request)
    before = limits.words(kind.draw(CardView(interaction=asked, version=1, plain=plain)))
    settled = interaction(example.request, status=Status.ANSWERED)
    after = limits.words(kind.draw(CardView(interaction=settled, version=2, plain=plain)))

    assert example.request["title"] in after
    missing = set(before.split("\n")) - set(after.split("\n"))
    pressed = set(
        limits.shown(limits.buttons(kind.draw(CardView(interaction=asked, version=1, plain=plain)))).split("\n")
    )
    assert missing <= pressed | {line for line in missing if "can answer" in line}


@every_example
@every_form
def test_a_settled_card_says_who_answered_and_when(kind: Kind[Any], example: Example, *, plain: bool) -> None:
    settled = interaction(example.request, status=Status.ANSWERED)
    card = kind.draw(CardView(interaction=settled, version=2, plain=plain))

    assert settled.ended_at is not None
    [line] = [text for text in limits.mrkdwn(card.blocks) if "by <@U0ANA>" in text]
    assert f"<!date^{int(settled.ended_at.timestamp())}^" in line
    assert line in card.text


@every_example
@every_form
def test_each_status_looks_different(kind: Kind[Any], example: Example, *, plain: bool) -> None:
    cards = [
        kind.draw(CardView(interaction=interaction(example.request, status=each), version=1, plain=plain))
        for each in Status
    ]

    assert len({json.dumps(card.blocks) for card in cards}) == len(Status)
    assert len({card.text for card in cards}) == len(Status)


@every_example
def test_a_card_is_drawn_the_same_every_time(kind: Kind[Any], example: Example) -> None:
    view = CardView(interaction=interaction(example.request), version=1)

    assert kind.draw(view) == kind.draw(view)


@every_example
def test_the_buttons_have_a_new_block_id_in_every_version(kind: Kind[Any], example: Example) -> None:
    shown = interaction(example.request)
    ids = [
        [
            block["block_id"]
            for block in kind.draw(CardView(interaction=shown, version=version)).blocks
            if "block_id" in block
        ]
        for version in (1, 2)
    ]

    assert ids[0] != ids[1]


@every_example
@every_form
def test_named_responders_are_mentioned_while_it_is_pending(kind: Kind[Any], example: Example, *, plain: bool) -> None:
    shown = interaction(example.request, responders=["U0ANA", "U0CHO"])
    card = kind.draw(CardView(interaction=shown, version=1, plain=plain))

    [line] = [text for text in limits.mrkdwn(card.blocks) if "can answer" in text]
    assert "<@U0ANA>, <@U0CHO>" in line
    assert f"<!date^{int(shown.expires_at.timestamp())}^" in line


@every_example
def test_a_card_for_a_whole_channel_says_so(kind: Kind[Any], example: Example) -> None:
    anyone = interaction(example.request, responders=None)
    strangers_too = replace(anyone, home_teams=None)

    assert (
        "Anyone in this workspace who can see this card can answer"
        in kind.draw(CardView(interaction=anyone, version=1)).text
    )
    assert "other organizations" not in kind.draw(CardView(interaction=anyone, version=1)).text
    assert (
        "including people from other organizations, can answer"
        in kind.draw(CardView(interaction=strangers_too, version=1)).text
    )


@every_example
@every_form
def test_the_most_that_can_surround_a_question_fits(kind: Kind[Any], example: Example, *, plain: bool) -> None:
    for status in Status:
        shown = interaction(example.request, status=status, asked_by="k" * 80)
        shown = replace(shown, responders=[f"U{n:030}" for n in range(50)], home_teams=None)
        if shown.reason:
            shown = replace(shown, reason={"code": "x", "detail": "<!here> & " * 1000, "fix": "y"})

        limits.check(kind.draw(CardView(interaction=shown, version=999_999_999, plain=plain)), shown)


@every_example
def test_a_deadline_that_passed_is_told_before_anything_swept_it(kind: Kind[Any], example: Example) -> None:
    late = interaction(example.request, status=Status.EXPIRED, ended_at=None, expires_at=ASKED_AT + timedelta(hours=2))
    card = kind.draw(CardView(interaction=late, version=2))

    line = card.text.split("\n")[1]
    assert f"*Expired without a decision* <!date^{int(late.expires_at.timestamp())}^" in line
    assert "Denied" not in line and "Approved" not in line


@every_example
def test_an_answer_by_default_names_no_person(kind: Kind[Any], example: Example) -> None:
    shown = interaction(example.request, status=Status.ANSWERED)
    default = replace(shown, answer=(shown.answer or {}) | {"by": None, "via": "default"})
    card = kind.draw(CardView(interaction=default, version=2))

    limits.check(card, default)
    assert "by default" in card.text


@every_example
def test_a_card_survives_fields_of_a_newer_release(kind: Kind[Any], example: Example) -> None:
    shown = interaction(example.request)
    newer = replace(shown, request=shown.request | {"mood": "hopeful", "agent": {"name": "a", "version": 2}})

    limits.check(kind.draw(CardView(interaction=newer, version=1)), newer)


@every_example
def test_the_digest_covers_all_but_what_surrounds_the_question(kind: Kind[Any], example: Example) -> None:
    def digest(request: Json) -> str:
        return kind.digest(kind.request.model_validate(request))

    stored = kind.stored(kind.request.model_validate(example.request))
    covered = {name: stored[name] for name in stored.keys() - {"facts", "agent", "on_behalf_of"}}
    covered.get("action", {}).get("full", {}).pop("preview", None)
    written = json_text.dumps(covered, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    assert digest(example.request) == hashlib.sha256(written.encode()).hexdigest()
    assert digest(dict(reversed(example.request.items()))) == digest(example.request)
    assert digest(example.request | {"facts": [], "agent": {"name": "another"}}) == digest(example.request)


async def test_every_replica_draws_the_same_wherever_it_runs() -> None:
    """Other processes have another hash seed and another time zone."""

    async def drawn(**elsewhere: str) -> bytes:
        command = [sys.executable, "-m", "tests.bridge.kinds.drawings"]
        process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, env=os.environ | elsewhere)
        output, _ = await process.communicate()
        assert process.returncode == 0
        return output

    here, there = await asyncio.gather(
        drawn(PYTHONHASHSEED="1", TZ="UTC"), drawn(PYTHONHASHSEED="2", TZ="Asia/Kathmandu")
    )
    assert len(json.loads(here)) == 2 * len(Status) * sum(len(kind.examples) for kind in KINDS.values())
    assert here == there
