// Block Kit's text objects, plain_text and mrkdwn: as elements of the page, and as plain text for accessible names.

import { html } from "/static/vendor/preact-htm.js";
import { emojiText } from "/static/emoji.js";
import { Inline, spoken } from "/static/inline.js";
import { parseMrkdwn, parsePlain } from "/static/mrkdwn.js";

const lines = (all) => all.map((nodes, index) => html`${index > 0 && html`<br />`}<${Inline} nodes=${nodes} />`);

/** `limit` cuts a plain text after so many characters, and marks the cut with an ellipsis. */
export function Text({ text, limit = Infinity }) {
  if (!text) return null;
  if (text.type === "mrkdwn") return html`<${Mrkdwn} text=${text.text} verbatim=${text.verbatim} />`;
  return html`<span class="plain"><${Inline} nodes=${cutPlain(parsePlain(text.text, { emoji: text.emoji }), limit)} /></span>`;
}

/** Whether `Text` cuts this plain text. */
export const isCut = (text, limit) => [...parsePlain(text.text, { emoji: text.emoji }).map(shown).join("")].length > limit;

const shown = (node) => (node.type === "emoji" ? emojiText(node.name) : node.text);

function cutPlain(nodes, limit) {
  const kept = [];
  for (const node of nodes) {
    const letters = [...shown(node)];
    if (letters.length > limit) return [...kept, { type: "text", text: `${letters.slice(0, limit).join("").trimEnd()}…` }];
    kept.push(node);
    limit -= letters.length;
  }
  return kept;
}

export function Mrkdwn({ text, verbatim = false }) {
  return parseMrkdwn(text, { verbatim }).map((block) => {
    switch (block.type) {
      case "fence":
        return html`<pre>${block.text}</pre>`;
      case "quote":
        return html`<blockquote>${lines(block.lines)}</blockquote>`;
      default:
        return html`<p>${lines(block.lines)}</p>`;
    }
  });
}

/** A mrkdwn text as one line of plain text. */
export function spokenMrkdwn(page, text) {
  const words = parseMrkdwn(text).flatMap((block) => block.text ?? block.lines.map((nodes) => spoken(page, nodes)));
  return words.join(" ").replace(/\s+/g, " ").trim();
}
