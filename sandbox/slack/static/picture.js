// Knows images: one that travels inside the message is shown; any other is stood for by its description.

import { html } from "/static/vendor/preact-htm.js";

// Pictures from elsewhere are not fetched: the page talks to nobody but the sandbox. Their description stands for them.
export function Picture({ element, small = false }) {
  const inside = element.image_url?.startsWith("data:image/");
  if (inside) return html`<img src=${element.image_url} alt=${element.alt_text} class=${small ? "small" : ""} />`;
  return html`<span class=${`picture ${small ? "small" : ""}`} role="img" aria-label=${element.alt_text} title=${element.image_url}>
    ${element.alt_text}
  </span>`;
}
