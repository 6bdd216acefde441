"""Read what the inputs of a form contained from the `state.values` of a view: closed, and never raising."""

from typing import Any, Final

from bridge.forms import codec
from bridge.slack.payloads import fields
from bridge.slack.payloads.incoming import FormValues

MAX_BLOCKS: Final = 100
"""Of a view: Slack's limit."""

_MAX_SELECTED: Final = 100
_MAX_SECONDS: Final = 10**10  # since 1970: Slack's picker has ten digits
_MAX_VALUE: Final = 150  # characters of an option's value: Slack's limit


def read(view: fields.Object) -> FormValues:
    """The values of the inputs that this release's forms have; other blocks, and values of another type, are left out.

    Texts are as the person entered them, up to the size of the request: the form's own limits come later.
    """
    texts: dict[str, str] = {}
    selected: dict[str, list[str]] = {}
    values = fields.inner(fields.inner(view, "state"), "values")
    for block in list(values)[:MAX_BLOCKS]:
        if (field := codec.field_of(block)) is None:
            continue
        entered = fields.inner(fields.inner(values, block), codec.INPUT)
        match entered.get("type"):
            case "plain_text_input" | "number_input" | "email_text_input" | "url_text_input" if (
                text := _text(entered.get("value", False))
            ) is not None:
                texts[field] = text
            case "datepicker" if (text := _text(entered.get("selected_date", False))) is not None:
                texts[field] = text
            case "timepicker" if (text := _text(entered.get("selected_time", False))) is not None:
                texts[field] = text
            case "datetimepicker" if (text := _seconds(entered.get("selected_date_time", False))) is not None:
                texts[field] = text
            case "checkboxes" | "multi_static_select" if (
                options := _options(entered.get("selected_options"))
            ) is not None:
                selected[field] = options
            case "static_select" | "radio_buttons" if (
                option := _option(entered.get("selected_option", False))
            ) is not None:
                selected[field] = option
    return FormValues(texts=texts, selected=selected, is_later=any(map(codec.is_later, values)))


def inputs(view: fields.Object) -> list[str]:
    """The block_ids of the input blocks of a view, in their order, without those that no form of ours can have."""
    blocks = view.get("blocks")
    found = [
        block.get("block_id")
        for block in (blocks[:MAX_BLOCKS] if isinstance(blocks, list) else [])
        if isinstance(block, dict) and block.get("type") == "input"
    ]
    return [block for block in found if isinstance(block, str) and codec.is_input(block)]


def _text(value: object) -> str | None:
    """A text, which Slack sends as null if the input is empty; None for a value of another type."""
    return "" if value is None else value if isinstance(value, str) else None


def _seconds(value: object) -> str | None:
    """A moment as its digits; "" for none, which Slack sends as null; None for a value of another type."""
    if value is None:
        return ""
    return str(value) if type(value) is int and 0 <= value < _MAX_SECONDS else None


def _options(options: object) -> list[str] | None:
    """The values of selected options; None if this is not a list of options."""
    if not isinstance(options, list) or len(options) > _MAX_SELECTED:
        return None
    found = [_value(option) for option in options]
    return [value for value in found if value is not None] if None not in found else None


def _option(option: object) -> list[str] | None:
    """The value of the selected option, which Slack sends as null if none is; None for what is no option."""
    return [] if option is None else _options([option])


def _value(option: Any) -> str | None:
    value = option.get("value") if isinstance(option, dict) else None
    return value if isinstance(value, str) and 0 < len(value) <= _MAX_VALUE else None
