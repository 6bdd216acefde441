// Block Kit's blocks as they look in a message or a modal, the `surface`. An unknown block is shown as its name, never silently dropped.

import { html } from "/static/vendor/preact-htm.js";
import { Element, Trouble } from "/static/elements.js";
import { InputBlock } from "/static/field.js";
import { Picture } from "/static/picture.js";
import { Mrkdwn, Text } from "/static/text.js";
import { RichText } from "/static/richtext.js";

export const Blocks = ({ blocks, surface }) =>
  blocks.map((block, index) => html`<${Block} key=${block.block_id ?? index} block=${block} surface=${surface} />`);

function Block({ block, surface }) {
  switch (block.type) {
    case "header":
      return html`<h3 class="block-header"><${Text} text=${block.text} /></h3>`;
    case "section":
      return html`<${Section} block=${block} surface=${surface} />`;
    case "context":
      return html`<div class="block-context">
        ${block.elements.map((element) => html`<${ContextElement} element=${element} />`)}
      </div>`;
    case "divider":
      return html`<hr />`;
    case "actions":
      return html`<${Actions} block=${block} surface=${surface} />`;
    case "input":
      return html`<${Input} block=${block} surface=${surface} />`;
    case "image":
      return html`<figure>
        ${block.title && html`<figcaption><${Text} text=${block.title} /></figcaption>`}
        <${Picture} element=${block} />
      </figure>`;
    case "rich_text":
      return html`<${RichText} block=${block} />`;
    default:
      return html`<p class="unsupported">The sandbox cannot draw a “${block.type}” block yet.</p>`;
  }
}

function Section({ block, surface }) {
  const { accessory, fields } = block;
  return html`<div class="block-section">
    <div class="section-text">
      <${Text} text=${block.text} />
      ${fields && html`<div class="fields">${fields.map((field) => html`<div><${Text} text=${field} /></div>`)}</div>`}
    </div>
    ${accessory && html`<div class="accessory"><${Element} element=${accessory} block=${block} surface=${surface} /></div>`}
    ${accessory && html`<${Trouble} elements=${[accessory]} block=${block} surface=${surface} />`}
  </div>`;
}

function Input({ block, surface }) {
  return html`<${InputBlock} block=${block} surface=${surface}>
      <${Element} element=${block.element} block=${block} surface=${surface} />
    <//>
    <${Trouble} elements=${[block.element]} block=${block} surface=${surface} />`;
}

function Actions({ block, surface }) {
  const elements = block.elements.map((element, index) =>
    html`<${Element} key=${element.action_id ?? index} element=${element} block=${block} surface=${surface} />`);
  return html`<div class="block-actions">
    ${elements}
    <${Trouble} elements=${block.elements} block=${block} surface=${surface} />
  </div>`;
}

const ContextElement = ({ element }) =>
  element.type === "image"
    ? html`<${Picture} element=${element} small />`
    : html`<div class="context-text"><${Text} text=${element} /></div>`;

const COLORS = { good: "good", warning: "warning", danger: "danger" };

/** An attachment, Slack's older form of card: blocks behind a coloured bar, or only text. */
export function Attachment({ attachment, surface }) {
  const words = [attachment.pretext, attachment.title, attachment.text].filter(Boolean).join("\n") || attachment.fallback || "";
  return html`<div class=${`attachment ${COLORS[attachment.color] ?? ""}`}>
    ${attachment.blocks
      ? html`<${Blocks} blocks=${attachment.blocks} surface=${surface} />`
      : html`<${Mrkdwn} text=${words} />`}
  </div>`;
}
