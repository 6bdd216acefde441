"""The limits of rich text: paragraphs, lists, quotes, preformatted text, and the elements of their lines."""

from sandbox.slack.validator.rules import Flag, Integer, Items, Kinds, Object, String

_TEXT = String(max_length=3000)
_ID = String(max_length=255)
# Slack's pages list different styles for different elements, and its own clients send all of them for all.
_STYLES = ("bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink")
_STYLE = Object(required={}, optional={style: Flag() for style in _STYLES})
_BORDER = Integer(minimum=0, maximum=1)

_LINE_KINDS = {
    "text": Object(required={"text": _TEXT}, optional={"style": _STYLE}),
    "link": Object(
        required={"url": String(max_length=3000)},
        optional={"text": _TEXT, "unsafe": Flag(), "style": _STYLE},
    ),
    "emoji": Object(
        required={"name": _ID},
        optional={"unicode": _ID, "skin_tone": Integer(minimum=1, maximum=6), "style": _STYLE},
    ),
    "user": Object(required={"user_id": _ID}, optional={"style": _STYLE}),
    "usergroup": Object(required={"usergroup_id": _ID}, optional={"style": _STYLE}),
    "channel": Object(required={"channel_id": _ID}, optional={"style": _STYLE}),
    "team": Object(required={"team_id": _ID}, optional={"style": _STYLE}),
    "broadcast": Object(
        required={"range": String(max_length=8, one_of=("here", "channel", "everyone"))},
        optional={"style": _STYLE},
    ),
    "color": Object(required={"value": _ID}, optional={"style": _STYLE}),
    "date": Object(
        required={"timestamp": Integer(minimum=0, maximum=2**40), "format": _TEXT},
        optional={"url": String(max_length=3000), "fallback": _TEXT, "timezone": _ID, "style": _STYLE},
    ),
}
_LINE = Kinds(_LINE_KINDS)
_VERBATIM_LINE = Kinds({kind: _LINE_KINDS[kind] for kind in ("text", "link")})

_SECTION = Object(required={"elements": Items(of=_LINE, min_items=0)}, optional={})
_LIST = Object(
    required={
        "elements": Items(of=Kinds({"rich_text_section": _SECTION})),
        "style": String(max_length=7, one_of=("bullet", "ordered")),
    },
    optional={
        "indent": Integer(minimum=0, maximum=8),
        "offset": Integer(minimum=0, maximum=2**31),
        "border": _BORDER,
    },
)
_QUOTE = Object(required={"elements": Items(of=_LINE, min_items=0)}, optional={"border": _BORDER})
_PREFORMATTED = Object(
    required={"elements": Items(of=_VERBATIM_LINE, min_items=0)},
    optional={"border": _BORDER, "language": _ID},
)

PARTS = Items(
    of=Kinds(
        {
            "rich_text_section": _SECTION,
            "rich_text_list": _LIST,
            "rich_text_quote": _QUOTE,
            "rich_text_preformatted": _PREFORMATTED,
        }
    )
)
