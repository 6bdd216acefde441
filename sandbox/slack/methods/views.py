"""views.*: opening, pushing and updating modals."""

from typing import Any

from sandbox.slack.errors import SlackError
from sandbox.slack.methods.call import Call
from sandbox.slack.model import Json
from sandbox.slack.views import reading, shapes
from sandbox.slack.views.model import View
from sandbox.slack.views.triggers import Trigger


def open_(call: Call) -> Json:
    """Open a modal for the person of the trigger_id, over every other modal of that person."""
    content = reading.modal(call.arguments.get("view"))
    trigger_id, trigger = _trigger(call)
    view = call.views.open(content, installation=call.installation, user=trigger.user, channel=trigger.channel)
    return _opened(call, trigger_id, view)


def push(call: Call) -> Json:
    """Put a view on top of the stack in which the trigger_id was made; `not_found` when that is closed."""
    content = reading.modal(call.arguments.get("view"))
    trigger_id, trigger = _trigger(call)
    upon = call.views.find(trigger.view_id) if trigger.view_id is not None else None
    if upon is None:
        raise SlackError("not_found")
    return _opened(call, trigger_id, call.views.push(content, upon=upon))


def update(call: Call) -> Json:
    """Replace an open view, wherever it is in its stack. With `hash` only the version that has this hash."""
    content = reading.modal(call.arguments.get("view"))
    view = _meant(call)
    wanted = call.arguments.get("hash")
    if wanted and wanted != view.hash:
        raise SlackError("hash_conflict")
    return _shown(call, call.views.update(view, content))


def _trigger(call: Call) -> tuple[str, Trigger]:
    given: Any = call.arguments.get("trigger_id")
    if not isinstance(given, str) or not given:
        raise reading.invalid("missing required field: trigger_id")
    return given, call.views.triggers.usable(given, bot_user_id=call.bot.id)


def _meant(call: Call) -> View:
    """The view of this installation with the `view_id` or the `external_id`."""
    view_id, external_id = call.arguments.get("view_id"), call.arguments.get("external_id")
    if view_id is not None and external_id is not None:
        raise reading.invalid("Cannot provide both `view_id` and `external_id`")
    if not view_id and not external_id:
        raise reading.invalid("must provide `view_id` or `external_id`")
    if view_id:
        view = call.views.find(str(view_id))
    else:
        view = call.views.with_external_id(str(external_id), installation=call.installation)
    if view is None or view.bot_user_id != call.bot.id:
        raise SlackError("not_found")
    return view


def _opened(call: Call, trigger_id: str, view: View) -> Json:
    call.views.triggers.use(trigger_id, view_id=view.id)
    return _shown(call, view)


def _shown(call: Call, view: View) -> Json:
    return {"view": shapes.view(view, call.views, call.world)}
