"""Block Kit's small pieces, each within Slack's limits, and the three characters that are active in Slack's text.

A text object that shows strangers' words is `plain` (or rich text, see `bridge.card.richtext`); `mrkdwn` is for our own
sentences, in which strangers' words appear only through `escape`.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

from bridge.card import texts
from storage.model import Json

MOST_TEXT = 3_000  # of one text object
MOST_HEADER = 150
MOST_BUTTON = 75  # also of an option
MOST_CONFIRM = 300  # of the text of a confirmation dialog
_MOST_CONFIRM_TITLE = 100
_MOST_CONFIRM_BUTTON = 30
_MOST_PLACEHOLDER = 150
_MARK = re.compile(r"`|(?<![^\W_])[*_~]|[*_~](?![^\W_])")  # inside a word nothing is formatted: us_east_1
_PLAINER = str.maketrans("*_~`", "\u2217\u02cd\u223c\u02cb")  # they look alike, and mean nothing to Slack
_USER = re.compile(r"[A-Z0-9]+")
# Whatever looks like “ or ” to a reader, two single ones among them; « and 「 do not.
_QUOTATION = re.compile(
    "[\u201c-\u201f\u2033\u2034\u2036\u2037\u2057\u275d\u275e\u2760\u301d-\u301f\uff02\u02ba\u02dd\u02ee\u05f4]"
    "|[\U0001f676-\U0001f678]|[\u2018-\u201b\u2032\u2035\u02b9\u02bc\u275b\u275c\uff07]{2,}"
)
_QUOTE = re.compile(r"^(\s*)&gt;", re.MULTILINE)
_HALF_ENTITY = re.compile(r"&[a-z]{0,3}$")


def escape(text: str) -> str:
    """The text with nothing active left in it, for mrkdwn and for a message's `text`. To be applied once."""
    return texts.visible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def inert(text: str) -> str:
    """Escaped text that cannot be formatted either, for foreign words inside a sentence of ours in mrkdwn."""
    return _MARK.sub(lambda mark: mark[0].translate(_PLAINER), escape(text))


def unformatted(text: str) -> str:
    """Foreign lines for a message's `text`: escaped, and nothing in them formats, fences or quotes what follows."""
    return _QUOTE.sub("\\1\u203a", inert(text))  # it looks like the mark, and means nothing to Slack


def quoted(text: str, most: int) -> str:
    """Foreign words in a sentence of ours in mrkdwn: on one line, in quotation marks that they cannot close."""
    words = _QUOTATION.sub('"', " ".join(text.split()))
    return f"“{inert(texts.cut(words, most))}”"


def cut_escaped(text: str, most: int) -> str:
    """Escaped text, or as much of it as fits into `most` units with an ellipsis; never half an entity.

    It may hold mentions and dates of ours: a cut inside one takes all of it away.
    """
    if texts.units(text) <= most:
        return text
    kept = _HALF_ENTITY.sub("", texts.head(text, most - 1))
    if kept.rfind("<") > kept.rfind(">"):
        kept = kept[: kept.rfind("<")]
    return kept + texts.ELLIPSIS


def mention(user: str) -> str:
    """A person, for mrkdwn and `text`; someone mentioned in a new message is notified."""
    return f"<@{user}>" if _USER.fullmatch(user) else escape(user)


def date(at: datetime, before: str = "") -> str:
    """A moment in each reader's own time zone, for mrkdwn and `text`; in UTC where Slack cannot.

    `before` is a word of ours in front of it, said inside, because Slack writes "Tomorrow" large where it begins.
    """
    utc = at.astimezone(UTC)
    lead = f"{before} " if before else ""
    return f"<!date^{int(utc.timestamp())}^{lead}{{date_short_pretty}} at {{time}}|{lead}{utc:%Y-%m-%d %H:%M} UTC>"


def plain(text: str, most: int = MOST_TEXT) -> Json:
    """A text object that shows exactly these words, and no emoji in place of `:words:`."""
    return {"type": "plain_text", "text": texts.cut(texts.visible(text), most), "emoji": False}


def mrkdwn(text: str) -> Json:
    """A text object of our own words; whatever was foreign in it has been escaped."""
    return {"type": "mrkdwn", "text": cut_escaped(text, MOST_TEXT), "verbatim": True}


def link(url: str, label: str) -> str:
    """A link for mrkdwn; the address must have been checked."""
    safe = escape(url).replace("|", "%7C")
    return f"<{safe}|{escape(label).replace('|', '¦')}>"


def header(text: str) -> Json:
    return {"type": "header", "text": plain(text, MOST_HEADER)}


def section(text: Json) -> Json:
    return {"type": "section", "text": text}


def context(*elements: Json) -> Json:
    return {"type": "context", "elements": list(elements)}


def divider() -> Json:
    return {"type": "divider"}


def actions(block_id: str, elements: Sequence[Json]) -> Json:
    return {"type": "actions", "block_id": block_id, "elements": list(elements)}


def button(
    label: str,
    *,
    action_id: str,
    style: Literal["primary", "danger"] | None = None,
    confirm: Json | None = None,
) -> Json:
    made: Json = {"type": "button", "action_id": action_id, "text": plain(label, MOST_BUTTON)}
    return made | ({"style": style} if style else {}) | ({"confirm": confirm} if confirm else {})


def option(label: str, *, value: str) -> Json:
    return {"text": plain(label, MOST_BUTTON), "value": value}


def select(options: Sequence[Json], *, action_id: str, placeholder: str, confirm: Json) -> Json:
    """One of many. What was selected is sent at once, so a select always asks to confirm."""
    return {
        "type": "static_select",
        "action_id": action_id,
        "placeholder": plain(placeholder, _MOST_PLACEHOLDER),
        "options": list(options),
        "confirm": confirm,
    }


def confirm(title: str, text: str, *, yes: str, no: str, style: Literal["primary", "danger"] | None = None) -> Json:
    """A dialog that Slack shows before it sends a click; whoever presses `no` has sent nothing."""
    made: Json = {
        "title": plain(title, _MOST_CONFIRM_TITLE),
        "text": plain(text, MOST_CONFIRM),
        "confirm": plain(yes, _MOST_CONFIRM_BUTTON),
        "deny": plain(no, _MOST_CONFIRM_BUTTON),
    }
    return made | {"style": style} if style else made
