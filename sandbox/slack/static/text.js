// Block Kit's text objects, plain_text and mrkdwn: as elements of the page, and as plain text for accessible names.

import { html } from "/static/vendor/preact-htm.js";
import { Inline, spoken } from "/static/inline.js";
import { parseMrkdwn, parsePlain } from "/static/mrkdwn.js";

const lines = (all) => all.map((nodes, index) => html`${index > 0 && html`<br />`}<${Inline} nodes=${nodes} />`);

export function Text({ text }) {
  if (!text) return null;
  if (text.type === "mrkdwn") return html`<${Mrkdwn} text=${text.text} verbatim=${text.verbatim} />`;
  return html`<span class="plain"><${Inline} nodes=${parsePlain(text.text, { emoji: text.emoji })} /></span>`;
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
