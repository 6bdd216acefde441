"""How a form looks in Slack: a modal with its inputs, the same with a notice, and the page that replaces it.

Foreign text appears only in plain text objects and rich text, where Slack interprets nothing. A view that answers a
request contains none of the fields that Slack adds to the views it sends.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import assert_never

from bridge.card import blocks, richtext, texts
from bridge.forms import codec
from bridge.forms.check import is_moment
from bridge.forms.codec import FormTarget
from bridge.forms.form import (
    MAX_CHECKBOXES,
    MAX_HINT,
    MAX_LABEL,
    MAX_OPTIONS,
    MAX_PLACEHOLDER,
    MAX_TITLE,
    Form,
    FormField,
    NumberField,
    OptionsField,
    PickerField,
    Submitted,
    TextField,
    ThingField,
)
from storage.model import Json

_MAX_TYPED = 6_000  # units of what was typed that a page shows of one field


def modal(
    form: Form, *, question: str, target: FormTarget, external_id: str | None = None, notice: str | None = None
) -> Json:
    """The form about the question with this title. `notice`, mrkdwn, stands above the inputs, whose ids stay the same.

    A long form shows the page that the target names. `external_id` names the view when it is opened; an update leaves
    it out, except that of a form with several pages, which keeps its name on every page.
    """
    count = len(form.pages)
    page = min(target.page, count - 1)
    is_last = page == count - 1
    form = form.on_page(page)
    place = [blocks.context(blocks.plain(f"Page {page + 1} of {count}"))] if count > 1 else []
    back = [blocks.actions("back", [blocks.button("Back", action_id=codec.BACK)])] if page else []
    if target.form is not None:
        external_id = codec.external_id(target.form)
    above = [blocks.section(blocks.mrkdwn(notice))] if notice else []
    lines = [richtext.section(richtext.text(question, bold=True))]
    lines += [richtext.quote(richtext.text(form.whole_label))] if form.whole_label else []
    heading = richtext.block(lines)
    view: Json = {
        "type": "modal",
        "callback_id": codec.ANSWER,
        "private_metadata": codec.metadata(target),
        "title": blocks.plain(form.title, MAX_TITLE),
        "submit": blocks.plain(form.submit if is_last else "Next", MAX_TITLE),
        "close": blocks.plain("Cancel", MAX_TITLE),
        "blocks": [
            *above,
            heading,
            *place,
            *(_input(field) for field in form.fields if _has_input(field)),
            *back,
        ],
    }
    return view | ({"external_id": external_id} if external_id else {})


def page(title: str, text: str, *, typed: Iterable[tuple[str, str]] = ()) -> Json:
    """A page without inputs: `text`, mrkdwn, and what the person had typed, as pairs of a label and a text."""
    shown = []
    for label, words in typed:
        rest = texts.units(words) - _MAX_TYPED
        more = f"… ({rest:,} more characters)" if rest > 0 else ""
        shown += [
            richtext.block(
                [
                    richtext.section(richtext.text(label, bold=True)),
                    richtext.quote(richtext.text(texts.head(words, _MAX_TYPED) + more)),
                ]
            )
        ]
    intro = [blocks.divider(), blocks.context(blocks.plain("What you entered, so that nothing is lost:"))]
    return {
        "type": "modal",
        "title": blocks.plain(title, MAX_TITLE),
        "close": blocks.plain("Close", MAX_TITLE),
        "blocks": [blocks.section(blocks.mrkdwn(text)), *(intro if shown else []), *shown],
    }


def typed(form: Form, submitted: Submitted) -> list[tuple[str, str]]:
    """What a person gave, as pairs of a field's label and the text; fields without a value are left out."""
    given = []
    for field in form.fields:
        match field:
            case TextField() | NumberField():
                words = submitted.texts.get(field.id, "")
            case PickerField():
                words = picked(field, submitted.texts.get(field.id, ""))
            case OptionsField():
                words = ", ".join(field.options.get(id, id) for id in submitted.selected.get(field.id, []))
            case ThingField():
                words = ", ".join(field.things.get(id, id) for id in submitted.selected.get(field.id, []))
            case _:
                assert_never(field)
        if words.strip():
            given.append((field.label, words))
    return given


def picked(field: PickerField, value: str) -> str:
    """What a picker has selected, for people to read: a moment in UTC."""
    if not is_moment(field, value):
        return value
    if field.picks == "datetime":
        return f"{datetime.fromtimestamp(int(value), UTC):%Y-%m-%d %H:%M} UTC"
    return f"{value} UTC" if field.picks == "time" else value


def _has_input(field: FormField) -> bool:
    """Whether a field has an input: Slack refuses a select without options."""
    return not isinstance(field, ThingField) or bool(field.things)


def _input(field: FormField) -> Json:
    match field:
        case TextField():
            element, hint = _text(field), field.hint
        case NumberField():
            element, hint = _number(field), field.hint
        case PickerField():
            element, hint = _picker(field), field.hint
        case OptionsField():
            element, hint = _options(field), _hint(field)
        case ThingField():
            element, hint = _things(field), None
        case _:
            assert_never(field)
    block: Json = {
        "type": "input",
        "block_id": codec.block_id(field.id),
        "label": blocks.plain(field.label, MAX_LABEL),
        "element": element | {"action_id": codec.INPUT},
        "optional": not field.is_required,
    }
    return block | ({"hint": blocks.plain(hint, MAX_HINT)} if hint else {})


def _text(field: TextField) -> Json:
    if field.format is not None:
        element: Json = {"type": f"{field.format}_text_input"}
        return element | ({"initial_value": field.initial} if field.initial else {})
    element = {
        "type": "plain_text_input",
        "multiline": field.is_multiline,
        "max_length": field.max_length,
    }
    if field.min_length and field.is_required:
        element["min_length"] = field.min_length
    if field.placeholder:
        element["placeholder"] = blocks.plain(field.placeholder, MAX_PLACEHOLDER)
    if field.initial:
        element["initial_value"] = field.initial
    return element


def _number(field: NumberField) -> Json:
    limits = {"min_value": field.minimum, "max_value": field.maximum, "initial_value": field.initial}
    written = {name: f"{value:f}" for name, value in limits.items() if value is not None}
    return {"type": "number_input", "is_decimal_allowed": not field.is_whole} | written


def _picker(field: PickerField) -> Json:
    match field.picks:
        case "date":
            return {"type": "datepicker"} | ({"initial_date": field.initial} if field.initial else {})
        case "time":
            initial = {"initial_time": field.initial} if field.initial else {}
            return {"type": "timepicker", "timezone": "UTC"} | initial
        case "datetime":
            return {"type": "datetimepicker"} | ({"initial_date_time": int(field.initial)} if field.initial else {})
        case _:
            assert_never(field.picks)


def _options(field: OptionsField) -> Json:
    options = [blocks.option(label, value=str(index)) for index, label in enumerate(field.options.values())]
    initial = [option for option, id in zip(options, field.options, strict=True) if id in field.initial]
    if field.is_menu:
        return _menu(options, initial)
    if field.is_radio:
        return {"type": "radio_buttons", "options": options} | ({"initial_option": initial[0]} if initial else {})
    chosen: Json = {"initial_options": initial} if initial else {}
    if len(options) <= MAX_CHECKBOXES:
        return {"type": "checkboxes", "options": options} | chosen
    return {
        "type": "multi_static_select",
        "options": options,
        "max_selected_items": field.max_selected,
        "placeholder": blocks.plain(f"Choose from {len(options)}", MAX_PLACEHOLDER),
    } | chosen


def _things(field: ThingField) -> Json:
    offered = list(field.things.items())[:MAX_OPTIONS]
    return _menu([blocks.option(label, value=id) for id, label in offered])


def _menu(options: Sequence[Json], initial: Sequence[Json] = ()) -> Json:
    menu: Json = {
        "type": "static_select",
        "options": list(options),
        "placeholder": blocks.plain("Choose one", MAX_PLACEHOLDER),
    }
    return menu | ({"initial_option": initial[0]} if initial else {})


def _hint(field: OptionsField) -> str:
    """The description of the field, and how many options may be selected."""
    return " ".join(words for words in (field.hint, _counts(field)) if words)


def _counts(field: OptionsField) -> str:
    least, most = field.min_selected, field.max_selected
    if field.is_menu or field.is_radio:
        return ""
    if most >= len(field.options):
        return f"Select at least {least}." if least > 1 else ""
    if least == most:
        return f"Select exactly {least}."
    return f"Select up to {most}." if least <= 1 else f"Select {least} to {most}."
