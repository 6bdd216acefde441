"""What a person could give in a form, and how Slack sends it."""

import copy
import re
from typing import Any

from bridge import ids
from bridge.card import texts
from bridge.fields import is_blank
from bridge.forms import codec
from bridge.forms.form import Form, NumberField, OptionsField, PickerField, Submitted, TextField, ThingField
from tests import payloads

_PICKED = {"date": "2026-01-31", "time": "09:30", "datetime": "1769850600"}
_ADDRESSES = {"email": "ana@example.com", "url": "https://example.com/a?b=c"}
WORDS = "Not before the <backup> of 02:00 & *only* with Bob."


def valid(form: Form, words: str = WORDS) -> Submitted:
    """A submission that the form accepts: the words in each text, and as many options as are required, or one."""
    given = {
        field.id: entered_in(field, words)
        for field in form.fields
        if isinstance(field, TextField | NumberField | PickerField)
    }
    selected = {
        field.id: list(field.options)[: max(1, field.min_selected)]
        for field in form.fields
        if isinstance(field, OptionsField)
    }
    things = {field.id: list(field.things)[:1] for field in form.fields if isinstance(field, ThingField)}
    return Submitted(texts=given, selected=selected | things)


def entered_in(field: TextField | NumberField | PickerField, words: str = WORDS) -> str:
    """What the field starts with, or a value that it accepts: the words in a text."""
    match field:
        case TextField(format=None):
            return _fitting(words, field)
        case TextField():
            return _ADDRESSES[field.format or ""]
        case NumberField():
            limits = [limit for limit in (field.initial, field.minimum, field.maximum) if limit is not None]
            return str(limits[0]) if limits else "7"
        case PickerField():
            return field.initial or _PICKED[field.picks]


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
