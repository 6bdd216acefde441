// The panel "Behind the scenes" beside the workspace: switches for faults, and the last clicks in full.

import { html, useLayoutEffect, useRef } from "/static/vendor/preact-htm.js";
import { Faults } from "/static/faults.js";
import { Icon } from "/static/icons.js";
import { Inspector } from "/static/inspector.js";
import { usePage } from "/static/state.js";

/** The button in the ribbon that opens the panel; it shows the number of armed faults. */
export function BenchButton() {
  const page = usePage();
  const armed = page.faults.length;
  return html`<button type="button" class="bench-button" aria-controls="bench" aria-expanded=${String(Boolean(page.bench))}
    onClick=${() => page.doing.showBench(page.bench ? null : "faults")}>
    Behind the scenes${armed > 0 && html` <b class="armed">${armed} <span>${armed === 1 ? "fault" : "faults"}</span> armed</b>`}
  </button>`;
}

export function Bench() {
  const page = usePage();
  const panel = useRef();
  useLayoutEffect(() => { // at once: a moment later the person may have moved the focus
    if (!page.bench) return undefined;
    const part = page.bench === "clicks" && panel.current.querySelector(".inspector");
    (part || panel.current).focus();
    return () => document.querySelector("[aria-controls=bench]")?.focus(); // the focus returns to the button
  }, [page.bench]);
  if (!page.bench) return null;
  return html`<aside id="bench" aria-labelledby="bench-title" tabindex="-1" ref=${panel}>
    <header class="channel-header">
      <h2 id="bench-title">Behind the scenes <span class="not-slack">not Slack</span></h2>
      <button type="button" class="quiet" aria-label="Close" onClick=${() => page.doing.showBench(null)}><${Icon} name="close" /></button>
    </header>
    <div class="bench-body" tabindex="0" role="group" aria-label="Faults and clicks">
      <${Faults} />
      <${Inspector} />
    </div>
  </aside>`;
}
