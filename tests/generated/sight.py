"""Checks what a card shows to a person: the frame has only our words, links show their host, nothing is hidden."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from pydantic import HttpUrl

from bridge.card.frame import CardView, Drawing
from bridge.kinds.registry import KINDS
from storage.model import Interaction, Json, Status
from tests.bridge import limits
from tests.bridge.interactions import interaction as built

_BLOCKS = {"header", "section", "context", "rich_text", "divider", "actions"}
_PARTS = {"rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted"}
_SMALL = {"plain_text", "mrkdwn", "text", "link", "button", "static_select", "bullet", "ordered"}
_MENTION = re.compile(r"<@([A-Z0-9]+)>")
_LINK = re.compile(r"<(https?://[^|>]+)\|([^>]+)>")
_ADDRESS = re.compile(r"<(https?://[^|>]+)>")
_MAX_MARKS = 8  # combining marks on one character; living scripts use up to four

_BLANKS = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0" + "".join(map(chr, range(0xFE00, 0xFE10)))

_WHO = (
    r"(?:<@[A-Z0-9]+>(?:, <@[A-Z0-9]+>)*(?: and \d+ others)?(?: \(people from other organizations allowed\))?"
    r"|Anyone in this workspace who can see this card"
    r"|Anyone who can see this card, including people from other organizations,)"
)
_FULL = r"📄 Full text: [\d,]+ bytes, with the SHA-256 [0-9a-f]{12}… This card shows (?:only its beginning|all of it)\."
_DATE = r"<!date\^[^>]+>"
_QUOTED = r"“[^“”]*”"
_ANSWERED = rf"✅ \*Answered:\* {_QUOTED}(?:, {_QUOTED})*(?: and \d+ more)?"
_PART = rf"{_QUOTED}(?: \([\d,]+ more characters\))?"
_GIVEN = rf"[ \n]• {_QUOTED}: (?:left out|no option|{_PART}|{_QUOTED}(?:, {_QUOTED})*(?: and \d+ more)?)"
_SAID = rf"💬 <@[A-Z0-9]+>:(?: {_PART}|(?:{_GIVEN}){{1,12}}(?:[ \n]… and \d+ more)?)"


def _after_the_rule(card: Drawing) -> list[Json]:
    [place] = [place for place, block in enumerate(card.blocks) if block["type"] == "divider"]
    return card.blocks[place + 1 :]


def _done() -> Iterator[str]:
    """What the cards of all kinds say was done, as they say it of their examples: a picture and words of ours in bold.

    A kind that took words of a request into it would say others of the hostile requests that are drawn here.
    """
    for kind in KINDS.values():
        for example in kind.examples:
            asked = built(example.request, status=Status.ANSWERED)
            for choice, answer in (asked.answers | asked.forms).items():
                given = {"label": "A, B"} | answer | {"by": {"user": "U0ANA"}, "via": "button"}
                shown = replace(asked, choice=choice, answer=given)
                [line] = _after_the_rule(kind.draw(CardView(shown, version=1)))[:1]
                done, _, _ = line["text"]["text"].partition(" by <@")
                if not re.fullmatch(_ANSWERED, done):
                    assert re.fullmatch(r"\S+ \*[^*_~<>“”\n]+\*", done), done
                    yield re.escape(done)


_DONE = rf"(?:{_ANSWERED}|{'|'.join(dict.fromkeys(_done()))})"
_BY_DEFAULT = r"The deadline passed without an answer; the agent had set this default\."
_AT = rf"{_DATE}(?:: {_QUOTED})?"
_LINK_OURS = r"(?: · (?:<https?://[^|>]+\|[^<>|]+>|[^\s<>]+))?"
_MILE = (
    r"⏳ Not yet received by the agent\.|Received by the agent "
    rf"{_DATE}|Received (?:→ started )?(?:→ (?:done|❌ failed) )?{_AT}"
)
NEWER = "https://acme.slack.com/archives/C1/p1"
_BY_NEWER = rf"(?:a newer question \(…\w{{6}}\)|<{re.escape(NEWER)}\|a newer question>)"
_LINES = {
    Status.PENDING: rf"{_WHO} can answer {_DATE}\."
    rf"(?: Without an answer by then, the default is recorded: {_QUOTED}\.)?",
    Status.ANSWERED: rf"{_DONE} (?:by <@[A-Z0-9]+> {_DATE}\.|by default {_DATE}\. {_BY_DEFAULT})",
    Status.EXPIRED: rf"⌛ \*Expired without a decision\* {_DATE}\.",
    Status.CANCELLED: rf"⚪ \*Cancelled without a decision\* {_DATE}\.",
    Status.SUPERSEDED: rf"🔁 \*Replaced\* by {_BY_NEWER} {_DATE}\. Please answer the newer one\.",
    Status.UNREACHABLE: rf"⚠️ \*Closed without a decision\* {_DATE}\. It could not be delivered to anyone who can "
    r"answer\.",
}


def check(card: Drawing, interaction: Interaction) -> None:
    """Assert everything that holds for every card, whatever its texts are."""
    limits.check(card, interaction)
    _check_pieces(card)
    _check_frame(card, interaction)
    _check_text(card, interaction)
    _check_mentions(card, interaction)
    addresses = [_unescaped(url) for text in [*limits.mrkdwn(card.blocks), card.text] for url in _ADDRESS.findall(text)]
    assert all(leads_where_it_says(str(HttpUrl(written)), written) for written in addresses), addresses
    for url, shown in links(card.blocks):
        if url == NEWER and interaction.status is Status.SUPERSEDED:
            continue  # this link is the bridge's own, to a permalink of Slack
        assert leads_where_it_says(url, shown), (url, shown)
    for words in limits.words(card).split("\n"):
        assert not _piled_up(words), ascii(words)


def links(value: object) -> Iterator[tuple[str, str]]:
    """Every link's URL, with the text of the link and the text right after it."""
    for found in limits.objects(value):
        elements = [inner for inner in found.get("elements", ()) if inner.get("type") in ("text", "link")]
        for at, element in enumerate(elements):
            if element["type"] == "link":
                rest = elements[at:]
                same = next((n for n, other in enumerate(rest) if other.get("url") != element["url"]), len(rest))
                yield element["url"], "".join(other["text"] for other in rest[: same + 1])
        if found.get("type") == "mrkdwn":
            yield from ((_unescaped(url), _unescaped(label)) for url, label in _LINK.findall(found["text"]))


def leads_where_it_says(url: str, shown: str) -> bool:
    """Whether a person can read the host: as the whole text, in the full URL, or in our parentheses at the end."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host:
        return False
    origin = f"{parts.scheme}://{parts.netloc}"
    bare = "@" not in parts.netloc and shown.lower().startswith((f"{origin}/", f"{origin}?", f"{origin}#"))
    named = f"[{host}]" if ":" in host else host
    return bare or shown == named or f" ({named})" in shown


def _check_pieces(card: Drawing) -> None:
    assert {block["type"] for block in card.blocks} <= _BLOCKS
    for found in limits.objects(card.blocks):
        if "type" in found:
            assert found["type"] in _BLOCKS | _PARTS | _SMALL, "nothing that mentions, pings or loads"
        if "block_id" in found:
            assert found["type"] == "actions"


def _check_frame(card: Drawing, interaction: Interaction) -> None:
    """Below the one rule every word is ours, or in our quotation marks, or one line that is marked as a reason."""
    line, *rest = _after_the_rule(card)
    assert re.fullmatch(_LINES[interaction.status], line["text"]["text"]), line
    for block in rest:
        if block["type"] != "actions":
            text = block["text"] if block["type"] == "section" else block["elements"][0]
            assert len(block.get("elements", [1])) == 1
            if text["type"] == "mrkdwn":
                assert interaction.status is Status.ANSWERED
                assert re.fullmatch(rf"(?:{_MILE}){_LINK_OURS}|{_SAID}", text["text"]), text
                continue
            assert text["type"] == "plain_text"
            assert re.fullmatch(rf"Reason given: [^\n]+|{_FULL}|ID …[0-9a-z]{{6}}", text["text"]), text


def _check_text(card: Drawing, interaction: Interaction) -> None:
    """The text for screen readers begins with the title and our line, whose form no foreign text can change."""
    title, line, *rest = card.text.split("\n")
    assert any(_seen(character) for character in limits.words(card).split("\n")[0]), "a title that can be seen"
    assert re.fullmatch(_LINES[interaction.status], line), card.text[:600]
    assert "```" not in card.text
    assert not any(re.fullmatch(rf"{_MILE}|{_SAID}", other) for other in rest[2:]), "no foreign line reads like ours"
    for foreign in [title, *rest]:
        assert not foreign.lstrip().startswith("&gt;"), "a quote, which may take all that follows"
        assert not re.search(r"(?<!\w)[*~`](?=\S)", _ADDRESS.sub("", foreign)), foreign


def _check_mentions(card: Drawing, interaction: Interaction) -> None:
    """Only people who were named in a field for people are mentioned."""
    named = {*(interaction.responders or ()), ((interaction.answer or {}).get("by") or {}).get("user")}
    named |= {(interaction.request.get("on_behalf_of") or {}).get("user")}
    for text in [*limits.mrkdwn(card.blocks), card.text]:
        assert set(_MENTION.findall(text)) <= named


def _seen(character: str) -> bool:
    """Whether the character is visible."""
    return unicodedata.category(character) not in ("Cc", "Cf", "Zs") and character not in _BLANKS


def _piled_up(words: str) -> bool:
    """Whether one character has so many combining marks that they cover the lines around it."""
    marks = 0
    for character in words:
        marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        if marks > _MAX_MARKS:
            return True
    return False


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def question_of(card: Drawing) -> list[Json]:
    """The blocks above the divider."""
    return card.blocks[: next(index for index, block in enumerate(card.blocks) if block["type"] == "divider")]
