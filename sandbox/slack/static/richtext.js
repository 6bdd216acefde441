// Parses rich_text blocks: sections, lists, quotes and preformatted text, into the same inline nodes as mrkdwn.

import { html } from "/static/vendor/preact-htm.js";
import { Inline } from "/static/inline.js";

const STYLES = ["bold", "italic", "strike", "underline"];

export function RichText({ block }) {
  return html`<div class="rich-text">${block.elements.map((part) => html`<${Part} part=${part} />`)}</div>`;
}

function Part({ part }) {
  switch (part.type) {
    case "rich_text_section":
      return html`<div class="rich-section"><${Elements} of=${part} /></div>`;
    case "rich_text_quote":
      return html`<blockquote><${Elements} of=${part} /></blockquote>`;
    case "rich_text_preformatted":
      return html`<pre><${Elements} of=${part} /></pre>`;
    case "rich_text_list":
      return html`<${List} part=${part} />`;
    default:
      return html`<span class="unsupported">[${part.type}]</span>`;
  }
}

function List({ part }) {
  const items = part.elements.map((item) => html`<li><${Elements} of=${item} /></li>`);
  const look = `indent-${Math.min(part.indent ?? 0, 8)}`;
  return part.style === "ordered"
    ? html`<ol class=${look} start=${(part.offset ?? 0) + 1}>${items}</ol>`
    : html`<ul class=${look}>${items}</ul>`;
}

const Elements = ({ of }) => html`<${Inline} nodes=${of.elements.map(inlineNode)} />`;

/** One rich_text element as an inline node, its styles wrapped around it. */
function inlineNode(element) {
  const { style = {} } = element;
  const core = style.code && element.text ? { type: "code", text: element.text } : plainNode(element);
  return STYLES.filter((name) => style[name]).reduce((inner, type) => ({ type, children: [inner] }), core);
}

function plainNode(element) {
  switch (element.type) {
    case "link":
      return { type: "link", url: element.url, children: [{ type: "text", text: element.text || element.url }] };
    case "user":
      return { type: "user", id: element.user_id };
    case "channel":
      return { type: "channel", id: element.channel_id, label: "" };
    case "usergroup":
      return { type: "group", id: element.usergroup_id, label: "" };
    case "date":
      return { ...element, ts: element.timestamp, fallback: element.fallback ?? "" };
    case "emoji":
    case "broadcast":
    case "text":
      return element;
    case "color":
      return { type: "code", text: element.value };
    default:
      return { type: "text", text: `[${element.type}]` };
  }
}
