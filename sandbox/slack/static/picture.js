// Images: one whose data is inside the message is shown; any other is replaced by its description.

import { html } from "/static/vendor/preact-htm.js";

// Images on other servers are not fetched, because the page connects to the sandbox only. Their description is shown.
export function Picture({ element, small = false }) {
  const inside = element.image_url?.startsWith("data:image/");
  if (inside) return html`<img src=${element.image_url} alt=${element.alt_text} class=${small ? "small" : ""} />`;
  return html`<span class=${`picture ${small ? "small" : ""}`} role="img" aria-label=${element.alt_text} title=${element.image_url}>
    ${element.alt_text}
  </span>`;
}
