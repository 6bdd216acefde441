"""Block Kit objects within Slack's limits, and the escaping of Slack's three control characters (&, <, >).

Foreign text goes into `plain` text objects (or rich text, see `bridge.card.richtext`); `mrkdwn` is for the bridge's own
sentences, in which foreign text appears only through `escape`, `inert` or `quoted`.

Everywhere a shortcode (`:tada:`) is shown as it was written: `plain` objects say so to Slack, rich text has no
shortcodes, and in mrkdwn, where Slack has no escape for them, the first colon is a character that looks like one.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

from bridge.card import links, texts
from storage.model import Json

MAX_TEXT = 3_000  # units of one text object
MAX_HEADER = 150
MAX_BUTTON = 75  # also of an option
SHOWN_OF_BUTTON = 30  # units of a button's text that Slack shows in any case; it may cut the rest
MAX_CONFIRM = 300  # of the text of a confirmation dialog
_MAX_CONFIRM_TITLE = 100
_MAX_CONFIRM_BUTTON = 30
_MAX_PLACEHOLDER = 150
_MARK = re.compile(r"`|(?<![^\W_])[*_~]|[*_~](?![^\W_])")  # Slack formats nothing inside a word: us_east_1
_PLAINER = str.maketrans(
    "*_~`", "\u2217\u02cd\u223c\u02cb"
)  # characters that look alike and that Slack does not interpret
# The colon that begins an emoji shortcode, but not of a time (10:30:15); or a link, inside which Slack reads none.
_SHORTCODE = re.compile(r"<[^<>]*>|:(?=[\w+'-]+:)(?!(?<=\d:)\d\d:\d)")
_RATIO = "\u2236"  # looks like a colon
_ID = re.compile(r"[A-Z0-9]+")
# Every character that looks like “ or ” to a reader, and two or more single marks; not « and 「.
QUOTATION = re.compile(
    "[\u201c-\u201f\u2033\u2034\u2036\u2037\u2057\u275d\u275e\u2760\u301d-\u301f\uff02\u02ba\u02dd\u02ee\u05f4]"
    "|[\U0001f676-\U0001f678]|[\u2018-\u201b\u2032\u2035\u02b9\u02bc\u275b\u275c\uff07]{2,}"
)
_QUOTE = re.compile(r"^([^\S\n]*)&gt;", re.MULTILINE)
_HALF_ENTITY = re.compile(r"&[a-z]{0,3}$")


def escape(text: str) -> str:
    """The text without control characters of Slack, for mrkdwn and for a message's `text`. Apply it only once."""
    return _escaped(texts.visible(text))


def inert(text: str) -> str:
    """Escaped text without formatting marks and shortcodes, for foreign text inside a sentence of the bridge in mrkdwn.

    Addresses stay as they were written: one with marks is a link, in which Slack interprets nothing.
    """
    return _literal("".join(_inert(piece, address=address) for piece, address in links.split(texts.visible(text))))


def unformatted(text: str) -> str:
    """Foreign lines for a message's `text`: escaped, and unable to format, fence or quote the text after them."""
    return _QUOTE.sub("\\1\u203a", inert(text))  # it looks like the mark, and Slack does not interpret it


def quoted(text: str, limit: int) -> str:
    """Foreign text for a sentence in mrkdwn, at most `limit` units: on one line, in quotation marks it cannot close."""
    words = QUOTATION.sub('"', " ".join(text.split()))
    return f"“{inert(texts.cut(words, limit))}”"


def cut_escaped(text: str, limit: int) -> str:
    """Escaped text, or as much of it as fits into `limit` units with an ellipsis; never half an entity.

    The text may contain mentions and dates of the bridge: a cut inside one removes all of it. An isolate whose end is
    cut off is none any more.
    """
    if texts.units(text) <= limit:
        return text
    kept = _HALF_ENTITY.sub("", texts.head(text, limit - 1))
    if kept.rfind("<") > kept.rfind(">"):
        kept = kept[: kept.rfind("<")]
    return texts.visible(kept) + texts.ELLIPSIS


def mention(user: str) -> str:
    """A mention of a user, for mrkdwn and `text`; Slack notifies a user mentioned in a new message."""
    return f"<@{user}>" if _ID.fullmatch(user) else escape(user)


def channel(id: str) -> str:
    """A link to a conversation, for mrkdwn and `text`; Slack shows its name to people who can see it."""
    return f"<#{id}>" if _ID.fullmatch(id) else escape(id)


def date(at: datetime, before: str = "") -> str:
    """A time in each reader's own time zone, for mrkdwn and `text`; in UTC where Slack cannot format dates.

    `before` is a word in front of the time, placed inside the date, because Slack capitalizes a date's first word.
    A time before 1970 is in UTC: Slack's dates are seconds since then.
    """
    utc = at.astimezone(UTC)
    lead = f"{before} " if before else ""
    words, seconds = f"{lead}{utc:%Y-%m-%d %H:%M} UTC", int(utc.timestamp())
    return words if seconds < 0 else f"<!date^{seconds}^{lead}{{date_short_pretty}} at {{time}}|{words}>"


def plain(text: str, limit: int = MAX_TEXT) -> Json:
    """A text object that shows exactly this text, cut to `limit` units, and no emoji in place of `:shortcodes:`."""
    return {"type": "plain_text", "text": texts.visible(texts.cut(text, limit)), "emoji": False}


def mrkdwn(text: str) -> Json:
    """A text object of the bridge's own words; foreign text in it must have been escaped."""
    return {"type": "mrkdwn", "text": cut_escaped(text, MAX_TEXT), "verbatim": True}


def link(url: str, label: str) -> str:
    """A link for mrkdwn; `url` must come from `links.address`."""
    safe = escape(url).replace("|", "%7C")
    return f"<{safe}|{_literal(escape(label)).replace('|', '¦')}>"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _inert(piece: str, *, address: bool) -> str:
    written = _escaped(piece)
    shown = _MARK.sub(lambda mark: mark[0].translate(_PLAINER), written)
    changed = shown != written or _SHORTCODE.search(f"{written}:")
    return f"<{written}>" if address and changed and links.own_label(piece) else shown


def _literal(escaped: str) -> str:
    """The escaped text with its shortcodes as they were written."""
    return _SHORTCODE.sub(lambda found: _RATIO if found[0] == ":" else found[0], escaped)


def header(text: str) -> Json:
    return {"type": "header", "text": plain(text, MAX_HEADER)}


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
    value: str | None = None,
) -> Json:
    base: Json = {"type": "button", "action_id": action_id, "text": plain(label, MAX_BUTTON)}
    given = {"style": style, "confirm": confirm, "value": value}
    return base | {name: each for name, each in given.items() if each}


def option(label: str, *, value: str) -> Json:
    return {"text": plain(label, MAX_BUTTON), "value": value}


def select(options: Sequence[Json], *, action_id: str, placeholder: str) -> Json:
    """A select. Slack sends each selection at once, so a selection alone must decide nothing."""
    return {
        "type": "static_select",
        "action_id": action_id,
        "placeholder": plain(placeholder, _MAX_PLACEHOLDER),
        "options": list(options),
    }


def overflow(options: Sequence[Json], *, action_id: str) -> Json:
    """A menu behind three dots, of up to five options. Slack sends a selection at once."""
    return {"type": "overflow", "action_id": action_id, "options": list(options)}


def confirm(title: str, text: str, *, yes: str, no: str, style: Literal["primary", "danger"] | None = None) -> Json:
    """A dialog that Slack shows before it sends a click; the button `no` sends nothing."""
    dialog: Json = {
        "title": plain(title, _MAX_CONFIRM_TITLE),
        "text": plain(text, MAX_CONFIRM),
        "confirm": plain(yes, _MAX_CONFIRM_BUTTON),
        "deny": plain(no, _MAX_CONFIRM_BUTTON),
    }
    return dialog | {"style": style} if style else dialog
