"""The form behind Blocked…, and a field whose values are ids of things."""

import pytest

from bridge import ids
from bridge.forms import view
from bridge.forms.check import check
from bridge.forms.codec import FormTarget
from bridge.forms.form import FieldErrors, Form, Submitted, ThingField
from bridge.things.contract import Choosable
from bridge.things.recovery import NOUN, form
from sandbox.slack.validator import view as validator
from storage.model import Json
from tests.bridge.things.recovery.building import OTHER
from tests.bridge.things.samples import ROUND

REC = NOUN.public_id(OTHER)
THINGS = [Choosable(id=NOUN.public_id(ids.new()), label=f"build {number}: {'x' * number}") for number in range(120)]
TARGET = FormTarget(interaction=ROUND, choice="blocked", channel="C0OPS", ts="1763719200.000100")


def modal(things: list[Choosable]) -> Json:
    return view.modal(form.form("blocked", {}, things), question="build 4711", target=TARGET)


def inputs(shown: Json) -> dict[str, Json]:
    return {block["block_id"]: block["element"] for block in shown["blocks"] if block["type"] == "input"}


def given(thing: str | None = None, link: str = "", note: str = "") -> Submitted:
    return Submitted(texts={"link": link, "note": note}, selected={"blocker": [thing] if thing else []})


def test_it_offers_the_newest_hundred_things_by_their_ids_and_is_valid_for_slack() -> None:
    shown = modal(THINGS)

    assert validator.problems(shown) == []
    select = inputs(shown)["f1_blocker"]
    assert (select["type"], [option["value"] for option in select["options"]]) == (
        "static_select",
        [thing.id for thing in THINGS[:100]],
    )
    assert all(len(option["text"]["text"]) <= 75 for option in select["options"])


def test_without_open_things_only_a_link_and_a_note_can_be_given() -> None:
    shown = modal([])

    assert validator.problems(shown) == []
    assert inputs(shown).keys() == {"f1_link", "f1_note"}


def test_the_other_moves_have_no_form() -> None:
    assert form.offers_things("blocked")
    for move in ("restored", "cancelled", "false_positive"):
        assert not form.offers_things(move)
        with pytest.raises(KeyError):
            form.form(move, {}, [])
        with pytest.raises(KeyError):
            form.accept(move, given(REC))


def test_a_selected_thing_or_a_link_is_the_blocker() -> None:
    url = "https://status.example.com/7"

    assert form.accept("blocked", given(REC, note=" \n")) == {"blocker": {"id": REC}}
    assert form.accept("blocked", given(link=f" {url} ", note="After the move.")) == {
        "blocker": {"external": {"type": "link", "id": url, "url": url}},
        "note": "After the move.",
    }


@pytest.mark.parametrize(
    ("sent", "field", "words"),
    [
        (given(), "link", "select an item, or enter a link"),
        (given(link="\u200b "), "link", "select an item, or enter a link"),
        (given(REC, link="https://a.example"), "link", "clear one of the two"),
        (given(link="status page"), "link", "complete link"),
        (given(link="javascript:alert(1)"), "link", "complete link"),
        (given(link="https://a.example/\x00"), "link", "cannot be stored"),
        (given(REC, note="x" * 501), "note", "shorten it to 500"),
        (given("x" * 76), "blocker", "select again"),
        (given("rec_\x00"), "blocker", "select again"),
        (Submitted(selected={"blocker": [REC, REC]}), "blocker", "select again"),
    ],
)
def test_what_can_be_mended_is_said_under_its_field(sent: Submitted, field: str, words: str) -> None:
    accepted = form.accept("blocked", sent)

    assert isinstance(accepted, FieldErrors)
    assert accepted.messages.keys() == {field}
    assert words in accepted.messages[field]


def test_a_thing_that_is_not_in_the_list_any_more_passes_the_form_and_is_judged_later() -> None:
    asked = Form(title="Blocked", fields=[ThingField(id="blocker", label="Blocked by", things={})])

    assert check(asked, given(REC)) is None
    assert view.typed(asked, given(REC)) == [("Blocked by", REC)]
    offered = Form(title="Blocked", fields=[ThingField(id="blocker", label="Blocked by", things={REC: "build 7"})])
    assert view.typed(offered, given(REC)) == [("Blocked by", "build 7")]
