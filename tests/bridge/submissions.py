"""What a person could give in a form."""

import re

from bridge.card import texts
from bridge.fields import is_blank
from bridge.forms.form import Form, OptionsField, Submitted, TextField

WORDS = "Not before the <backup> of 02:00 & *only* with Bob."


def valid(form: Form, words: str = WORDS) -> Submitted:
    """A submission that the form accepts: the words in each text, and as many options as are required, or one."""
    given = {field.id: _fitting(words, field) for field in form.fields if isinstance(field, TextField)}
    selected = {
        field.id: list(field.options)[: max(1, field.min_selected)]
        for field in form.fields
        if isinstance(field, OptionsField)
    }
    return Submitted(texts=given, selected=selected)


def _fitting(words: str, field: TextField) -> str:
    storable = texts.head(re.sub("[\x00\ud800-\udfff]", "", words), field.max_length)
    visible = "x" if is_blank(storable) else storable
    return visible.ljust(field.min_length, ".")
