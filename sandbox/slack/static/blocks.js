// Block Kit's blocks as they look in a message. An unknown block is shown as its name, never silently dropped.

import { html } from "/static/vendor/preact-htm.js";
import { Element, Trouble } from "/static/elements.js";
import { InputBlock } from "/static/inputs.js";
import { Picture } from "/static/picture.js";
import { Mrkdwn, Text } from "/static/text.js";
import { RichText } from "/static/richtext.js";

export const Blocks = ({ blocks, message }) =>
  blocks.map((block, index) => html`<${Block} key=${block.block_id ?? index} block=${block} message=${message} />`);

function Block({ block, message }) {
  switch (block.type) {
    case "header":
      return html`<h3 class="block-header"><${Text} text=${block.text} /></h3>`;
    case "section":
      return html`<${Section} block=${block} message=${message} />`;
    case "context":
      return html`<div class="block-context">
        ${block.elements.map((element) => html`<${ContextElement} element=${element} />`)}
      </div>`;
    case "divider":
      return html`<hr />`;
    case "actions":
      return html`<${Actions} block=${block} message=${message} />`;
    case "input":
      return html`<${Input} block=${block} message=${message} />`;
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

function Section({ block, message }) {
  const { accessory, fields } = block;
  return html`<div class="block-section">
    <div class="section-text">
      <${Text} text=${block.text} />
      ${fields && html`<div class="fields">${fields.map((field) => html`<div><${Text} text=${field} /></div>`)}</div>`}
    </div>
    ${accessory && html`<div class="accessory"><${Element} element=${accessory} block=${block} message=${message} /></div>`}
    ${accessory && html`<${Trouble} elements=${[accessory]} block=${block} message=${message} />`}
  </div>`;
}

function Input({ block, message }) {
  return html`<${InputBlock} block=${block}>
      <${Element} element=${block.element} block=${block} message=${message} />
    <//>
    <${Trouble} elements=${[block.element]} block=${block} message=${message} />`;
}

function Actions({ block, message }) {
  const elements = block.elements.map((element, index) =>
    html`<${Element} key=${element.action_id ?? index} element=${element} block=${block} message=${message} />`);
  return html`<div class="block-actions">
    ${elements}
    <${Trouble} elements=${block.elements} block=${block} message=${message} />
  </div>`;
}

const ContextElement = ({ element }) =>
  element.type === "image"
    ? html`<${Picture} element=${element} small />`
    : html`<div class="context-text"><${Text} text=${element} /></div>`;

const COLORS = { good: "good", warning: "warning", danger: "danger" };

/** An attachment, Slack's older form of card: blocks behind a coloured bar, or only text. */
export function Attachment({ attachment, message }) {
  const words = [attachment.pretext, attachment.title, attachment.text].filter(Boolean).join("\n") || attachment.fallback || "";
  return html`<div class=${`attachment ${COLORS[attachment.color] ?? ""}`}>
    ${attachment.blocks
      ? html`<${Blocks} blocks=${attachment.blocks} message=${message} />`
      : html`<${Mrkdwn} text=${words} />`}
  </div>`;
}
