// Inline nodes on the page: styled text, links, mentions, dates and emoji; and the same nodes as plain text.

import { html } from "/static/vendor/preact-htm.js";
import { fillDate, momentOf, wholeMoment } from "/static/dates.js";
import { emojiText } from "/static/emoji.js";
import { channelOf, nameOf, usePage } from "/static/state.js";

const TAGS = { bold: "b", italic: "i", strike: "s", underline: "u" };
const SAFE_LINK = /^(?:https?:\/\/|mailto:|tel:)/i;

export function Inline({ nodes }) {
  const page = usePage();
  return nodes.map((node) => draw(page, node));
}

function draw(page, node) {
  switch (node.type) {
    case "text":
      return node.text;
    case "code":
      return html`<code>${node.text}</code>`;
    case "link":
      return html`<${Link} url=${node.url}>${node.children.map((child) => draw(page, child))}<//>`;
    case "user":
      return html`<span class=${`mention ${node.id === page.place.as ? "of-me" : ""}`}>@${nameOf(page, node.id)}</span>`;
    case "date":
      return html`<${Moment} ...${node} />`;
    case "emoji":
      return html`<span class="emoji" title=${`:${node.name}:`}>${emojiText(node.name)}</span>`;
    case "channel":
    case "group":
      return html`<span class="mention">${spokenNode(page, node)}</span>`;
    case "broadcast":
      return html`<span class="mention of-me">@${node.range}</span>`;
    case "bold":
    case "italic":
    case "strike":
    case "underline":
      return html`<${TAGS[node.type]}>${node.children.map((child) => draw(page, child))}<//>`;
    default:
      return `[${node.type}]`;
  }
}

/** A link in foreign text: only to the web, mail or a telephone; its title shows the URL before it is followed. */
export function Link({ url, children }) {
  if (!SAFE_LINK.test(url)) return children;
  return html`<a href=${url} target="_blank" rel="noopener noreferrer nofollow" title=${url}>${children}</a>`;
}

function Moment({ ts, format, url, fallback }) {
  const date = momentOf(ts);
  if (Number.isNaN(date.getTime())) return fallback;
  const moment = html`<time datetime=${date.toISOString()} title=${wholeMoment(date)}>${fillDate(format, date)}</time>`;
  return url ? html`<${Link} url=${url}>${moment}<//>` : moment;
}

function spokenNode(page, node) {
  switch (node.type) {
    case "user":
      return `@${nameOf(page, node.id)}`;
    case "channel":
      return `#${channelOf(page, node.id)?.name ?? (node.label || node.id)}`;
    case "group":
      return node.label || `@${node.id}`;
    case "broadcast":
      return `@${node.range}`;
    case "date": {
      const date = momentOf(node.ts);
      return Number.isNaN(date.getTime()) ? node.fallback : fillDate(node.format, date);
    }
    case "emoji":
      return emojiText(node.name);
    default:
      return node.text ?? spoken(page, node.children ?? []);
  }
}

/** The nodes as one plain text, for accessible names. */
export const spoken = (page, nodes) => nodes.map((node) => spokenNode(page, node)).join("");

