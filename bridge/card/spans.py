"""Reads one line of Markdown as runs of characters in one style; each link is followed by the host it leads to."""

from dataclasses import dataclass, replace

from markdown_it.token import Token

from bridge.card import links


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A run of characters in one style."""

    text: str
    bold: bool = False
    italic: bool = False
    strike: bool = False
    code: bool = False
    url: str | None = None
    brief: str | None = None  # the same text without the spaces that only align it


def read(children: list[Token], *, full_addresses: bool = False) -> list[Span]:
    """The spans of the parser's inline tokens; tokens without a style of their own become text.

    After a link's label is its host, or its full address, for a place where the label cannot be a link.
    """
    spans: list[Span] = []
    style = Span(text="")
    opened: list[tuple[Token, int]] = []  # the open links, each with the index of its first span
    for token in children:
        match token.type:
            case "text":
                spans.append(replace(style, text=token.content))
            case "address":
                written, url = token.content, str(token.meta["url"])
                spans += [replace(style, text=written)] if opened else _bare(links.label(written, url), url, style)
            case "code_inline":
                spans.append(replace(style, text=token.content, code=True))
            case "softbreak" | "hardbreak":
                spans.append(replace(style, text="\n"))
            case "strong_open" | "strong_close":
                style = replace(style, bold=token.nesting > 0)
            case "em_open" | "em_close":
                style = replace(style, italic=token.nesting > 0)
            case "s_open" | "s_close":
                style = replace(style, strike=token.nesting > 0)
            case "link_open":
                opened.append((token, len(spans)))
            case "link_close":
                link, start = opened.pop()
                address = str(link.attrGet("href") or "")
                spans[start:] = [*_linked(spans[start:], address, style, full_addresses), *_title(link, style)]
            case "image":
                label = [replace(style, text=f"image: {token.content}" if token.content else "image")]
                address = str(token.attrGet("src") or "")
                spans += label if opened else _linked(label, address, style, full_addresses)
                spans += _title(token, style)
            case _:
                spans += [replace(style, text=token.content)] if token.content else []
    return [span for span in spans if span.text]


def _linked(label: list[Span], address: str, style: Span, full_address: bool) -> list[Span]:  # noqa: FBT001
    """A label as a link, followed by its host or full address; as text if the address is not an http or https URL."""
    words = "".join(span.text for span in label)
    url = links.address(address)
    if url is None:
        return label if words == address.removeprefix("mailto:") else [*label, replace(style, text=f" ({address})")]
    if words in (address, url) or not words.strip():
        return _bare(links.label(address, url), url, style)
    if full_address:
        return [
            *label,
            replace(style, text=" ("),
            *_bare(links.label(address, url), url, style),
            replace(style, text=")"),
        ]
    shown = [replace(span, url=url) for span in label]
    return [*shown, replace(style, text=f" ({links.host(url)})")]


def _bare(label: str, url: str, style: Span) -> list[Span]:
    """A URL that is its own label; one with a user part, which may look like another host, is followed by its host."""
    shown = replace(style, text=label, url=url)
    return [shown] if links.plain(url) else [shown, replace(style, text=f" ({links.host(url)})")]


def _title(token: Token, style: Span) -> list[Span]:
    """A link's title as text: browsers show it only on hover, but a card hides nothing that was sent."""
    title = str(token.attrGet("title") or "")
    return [replace(style, text=f" “{title}”")] if title.strip() else []
