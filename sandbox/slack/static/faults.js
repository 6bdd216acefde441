// The switches that arm the sandbox's faults: which can be armed, which are armed, and how they are cleared.

import { html, useState } from "/static/vendor/preact-htm.js";
import * as api from "/static/api.js";
import { Icon } from "/static/icons.js";
import { usePage } from "/static/state.js";

const CLICK = [
  { fault: "drop_after", words: "is never acknowledged", note: "the app gets it, its answer is lost" },
  { fault: "drop_before", words: "does not reach the app" },
  { fault: "slow", seconds: 4, words: "arrives 4 seconds late" },
  { fault: "duplicate", words: "arrives twice" },
  { fault: "bad_signature", words: "has a wrong signature" },
  { fault: "old_timestamp", words: "was signed ten minutes ago" },
];
const CALL = [
  { fault: "ratelimited", retry_after: 5, words: "gets a 429", note: "Retry-After: 5" },
  { fault: "status", status: 500, words: "gets a 500" },
  { fault: "error", error: "internal_error", words: "is refused", note: "internal_error" },
  { fault: "drop_before", words: "is cut off before it is done" },
  { fault: "drop_after", words: "is done, then cut off", note: "nobody knows whether it was" },
  { fault: "slow", seconds: 4, words: "is done, answered 4 seconds late" },
  { fault: "truncated", words: "is done, answered by half" },
];
const OPENING = [
  { fault: "error", error: "expired_trigger_id", words: "comes too late for its click", note: "expired_trigger_id" },
  { fault: "slow", seconds: 4, words: "opens, and the app is told 4 seconds late" },
  { fault: "drop_before", words: "is cut off before it is done" },
  { fault: "drop_after", words: "opens, then is cut off", note: "the app does not know that it is open" },
];
const SUBMISSION = [
  ...CLICK.filter(({ fault }) => !["bad_signature", "old_timestamp"].includes(fault)),
  { fault: "repeated", words: "is lost, and sent again", note: "with another trigger_id" },
  { fault: "stale_state", words: "has what was entered before the last update" },
];
const GROUPS = [
  { on: "interactivity", title: "The next click", choices: CLICK },
  { on: "views.open", title: "The next form", method: "views.open", choices: OPENING },
  { on: "view_submission", title: "The next submission of a form", choices: SUBMISSION },
  { on: "chat.postMessage", title: "The next card", method: "chat.postMessage", choices: CALL },
  { on: "chat.update", title: "The next edit", method: "chat.update", choices: CALL },
  { on: "response_url", title: "The next private reply", method: "response_url", choices: CALL },
];
const MAX_TIMES = 99;

export function Faults() {
  const page = usePage();
  const [times, repeat] = useState(1);
  const [typed, type] = useState(null); // until the field loses the focus: the page may be rendered again meanwhile
  const [problem, complain] = useState(null);
  const attempt = async (deed) => {
    try {
      await deed();
      complain(null);
    } catch (refusal) {
      complain(`Not changed: ${refusal.error ?? "the sandbox could not be reached"}.`);
    }
    await page.doing.lookAgain();
  };
  const known = GROUPS.flatMap(({ on, choices }) => choices.map(({ fault }) => `${on} ${fault}`));
  const others = page.faults.filter(({ on, fault, channel }) => channel || !known.includes(`${on} ${fault}`));
  return html`<section aria-labelledby="faults-title" class="faults">
    <header>
      <h3 id="faults-title">Faults</h3>
      <button type="button" class="button" disabled=${page.faults.length === 0} onClick=${() => attempt(api.clearFaults)}>Clear all</button>
    </header>
    <p class="faint">What goes wrong in networks, on demand. A switch is off again when its fault has happened.</p>
    <label class="times">Each happens <input type="number" min="1" max=${MAX_TIMES} value=${typed ?? times}
      onInput=${(event) => type(event.currentTarget.value)}
      onChange=${(event) => { repeat(bounded(event.currentTarget)); type(null); }} /> ${times === 1 ? "time" : "times"}</label>
    ${problem && html`<p class="trouble" role="alert"><${Icon} name="warning" /> ${problem}</p>`}
    ${GROUPS.map((group) => html`<${Group} key=${group.on} group=${group} times=${times} attempt=${attempt} />`)}
    ${others.length > 0 && html`<p class="caption">Also armed</p>
      <ul class="armed-list">${others.map((fault) => html`<li key=${fault.fault_id}><code>${fault.on}</code> ${fault.fault}
        ${fault.channel && ` in ${fault.channel}`}, ${fault.times} more</li>`)}</ul>`}
  </section>`;
}

/** The number in the field, corrected to the nearest allowed value; the field shows the corrected value. */
function bounded(field) {
  const number = Math.min(Math.max(Math.trunc(Number(field.value)) || 1, 1), MAX_TIMES);
  field.value = number;
  return number;
}

function Group({ group, times, attempt }) {
  const { on, title, method, choices } = group;
  return html`<fieldset>
    <legend>${title} ${method && html`<code>${method}</code>`}</legend>
    ${choices.map((choice) => html`<${Switch} key=${choice.fault} on=${on} choice=${choice} times=${times} attempt=${attempt} />`)}
  </fieldset>`;
}

function Switch({ on, choice, times, attempt }) {
  const page = usePage();
  const { words, note, ...fault } = choice;
  const armed = page.faults.filter((one) => one.on === on && one.fault === fault.fault && !one.channel);
  const left = armed.reduce((sum, one) => sum + one.times, 0);
  const [wanted, want] = useState(null); // until the page has read the armed faults again
  const flip = async (event) => {
    const { checked } = event.currentTarget;
    want(checked);
    await attempt(async () => {
      if (checked) await api.arm({ on, times, ...fault });
      else await Promise.all(armed.map(({ fault_id }) => api.disarm(fault_id)));
    });
    want(null);
  };
  return html`<label class="switch">
    <input type="checkbox" role="switch" checked=${wanted ?? armed.length > 0} onChange=${flip} />
    <span>${words}${note && html` <span class="faint">(${note})</span>`}${left > 1 && html` <b>${left} times</b>`}</span>
  </label>`;
}
