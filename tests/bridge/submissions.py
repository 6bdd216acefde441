"""What a person could give in a form, and how Slack sends it."""

import copy
import re
from typing import Any

from bridge import ids
from bridge.card import texts
from bridge.fields import is_blank
from bridge.forms import codec
from bridge.forms.form import Form, OptionsField, Submitted, TextField, ThingField
from tests import payloads

WORDS = "Not before the <backup> of 02:00 & *only* with Bob."


def valid(form: Form, words: str = WORDS) -> Submitted:
    """A submission that the form accepts: the words in each text, and as many options as are required, or one."""
    given = {field.id: _fitting(words, field) for field in form.fields if isinstance(field, TextField)}
    selected = {
        field.id: list(field.options)[: max(1, field.min_selected)]
        for field in form.fields
        if isinstance(field, OptionsField)
    }
    things = {field.id: list(field.things)[:1] for field in form.fields if isinstance(field, ThingField)}
    return Submitted(texts=given, selected=selected | things)


def _fitting(words: str, field: TextField) -> str:
    storable = texts.head(re.sub("[\x00\ud800-\udfff]", "", words), field.max_length)
    visible = "x" if is_blank(storable) else storable
    return visible + "." * (field.min_length - texts.units(visible))


def payload(view: dict[str, Any], words: str, *, user: str = "U0ANA", team: str = "T0SANDBOX") -> Any:
    """The payload of a submission of this form with a comment, which the test may change and send by itself."""
    sent = payloads.load("view_submission")
    sent["user"] |= {"id": user, "team_id": team}
    sent["trigger_id"] = ids.new().hex  # so that no submission repeats another
    sent["view"] = copy.deepcopy(view) | {"state": entered(words)}
    return sent


def entered(words: str) -> dict[str, Any]:
    """The state of a form with this comment."""
    return {"values": {codec.block_id("comment"): {codec.INPUT: {"type": "plain_text_input", "value": words}}}}
