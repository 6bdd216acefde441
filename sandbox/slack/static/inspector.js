// Knows the quiet line about the last click: what the app answered, how fast; and, opened, what exactly was sent.

import { html } from "/static/vendor/preact-htm.js";
import { nameOf, usePage } from "/static/state.js";

export function Inspector() {
  const page = usePage();
  const click = page.lastClick;
  if (!click) return null;
  const { as, control, payload, ...ack } = click;
  const outcome = click.status ? `${click.status} in ${Math.round(click.ack_ms)} ms` : `no answer (${click.error})`;
  return html`<details class="inspector">
    <summary>
      Last click: <b class=${click.status === 200 ? "" : "bad"}>${outcome}</b>${" "}
      <span class="faint">“${control}” as @${nameOf(page, as)}</span>
    </summary>
    <div class="inspected" tabindex="0">
      <h3 class="caption">What the app answered</h3>
      <pre>${JSON.stringify(ack, null, 2)}</pre>
      <h3 class="caption">What was sent to the app</h3>
      <pre>${JSON.stringify(payload, null, 2)}</pre>
    </div>
  </details>`;
}
