// The last clicks in detail: the request to the app byte for byte, its acknowledgement, and what the app did then.

import { html, useEffect, useRef } from "/static/vendor/preact-htm.js";
import { CLOCK_WITH_SECONDS } from "/static/dates.js";
import { nameOf, usePage } from "/static/state.js";

const NO_ANSWER = { timeout: "no answer within 3 s", connection: "no answer" };

/** The outcome of a click as text: `200 in 5 ms`, or why there was no response. */
export const outcomeOf = ({ status, ack_ms, error }) =>
  status ? `${status} in ${Math.round(ack_ms)} ms` : (NO_ANSWER[error] ?? "no answer");

/** The line about this window's last click, with a button that opens the details. */
export function LastClick() {
  const page = usePage();
  const click = page.lastClick;
  if (!click) return null;
  return html`<p class="last-click">
    <span>Last click: <b class=${click.status === 200 ? "" : "bad"}>${outcomeOf(click)}</b>${" "}
      <span class="faint">“${click.control}” as @${nameOf(page, click.as)}</span></span>
    ${!page.bench && html`<button type="button" onClick=${() => page.doing.showBench("clicks")}>Look closer</button>`}
  </p>`;
}

export function Inspector() {
  const page = usePage();
  const newestFirst = [...page.journal.clicks, ...page.sent].sort((one, other) => other.at - one.at);
  const section = useRef();
  useEffect(() => {
    if (page.bench === "clicks") section.current.scrollIntoView({ block: "start" }); // again at the first click
  }, [page.bench, newestFirst.length > 0]);
  return html`<section aria-labelledby="clicks-title" class="inspector" tabindex="-1" ref=${section}>
    <h3 id="clicks-title">Clicks</h3>
    ${newestFirst.length === 0 && html`<p class="faint">Nobody has clicked yet.</p>`}
    ${newestFirst.map((click) => html`<${Click} key=${click.payload.trigger_id} click=${click} />`)}
  </section>`;
}

function Click({ click }) {
  const page = usePage();
  const { payload } = click;
  const label = payload.type === "view_submission" ? payload.view.submit?.text : labelOf(payload.actions?.[0]);
  return html`<details>
    <summary><b class=${click.status === 200 ? "good" : "bad"}>${outcomeOf(click)}</b> “${label}” by @${nameOf(page, click.user)}${" "}
      <span class="faint">${secondsOf(click.at)}</span></summary>
    <${Part} title="Request">${wire(`POST ${click.request_url ?? "nowhere"}`, click.request)}<//>
    <${Part} title="Its payload, decoded">${JSON.stringify(payload, null, 2)}<//>
    <${Part} title="Acknowledgement">${click.answer ? wire(`HTTP ${click.answer.status}`, click.answer) : outcomeOf(click)}<//>
    ${click.statuses && html`<${Part} title="Of all deliveries">${click.statuses.join("  ")}<//>`}
    <h4 class="caption">What the app did then</h4>
    <${Afterwards} click=${click} calls=${page.journal.calls} />
  </details>`;
}

const Part = ({ title, children }) => html`<h4 class="caption">${title}</h4><pre tabindex="0" aria-label=${title}>${children}</pre>`;

/** Private replies to this click, and the app's later calls about its message. */
function Afterwards({ click, calls }) {
  const began = click.at - click.ack_ms / 1000;
  const replies = click.replies.map(({ at, body, status, error }) =>
    ({ at, name: "response_url", body: pretty(body), outcome: error ?? status }));
  const about = calls
    .filter(({ at, args }) => at >= began && isAbout(click, args))
    .map(({ at, method, args, status, error }) => ({ at, name: method, body: JSON.stringify(args, null, 2), outcome: error ?? status }));
  const all = [...replies, ...about].sort((one, other) => one.at - other.at);
  if (all.length === 0) return html`<p class="faint">Nothing yet that concerns this ${click.payload.view ? "form" : "message"}.</p>`;
  return all.map((request) => html`<details key=${`${request.name} ${request.at}`}>
    <summary><code>${request.name}</code> ${request.outcome} <span class="faint">${secondsOf(request.at)}</span></summary>
    <pre tabindex="0" aria-label=${request.name}>${request.body}</pre>
  </details>`);
}

/** Whether a call of the app is about the message that was clicked, or about the form from which this was sent. */
function isAbout({ channel, ts, payload: { view } }, args) {
  if (view) return args.view_id === view.id || (view.external_id && args.external_id === view.external_id);
  return args.channel === channel && args.ts === ts;
}

const secondsOf = (at) => CLOCK_WITH_SECONDS.format(new Date(at * 1000));
const labelOf = (action) => action?.selected_option?.text?.text ?? action?.text?.text ?? action?.action_id ?? "?";

function wire(first, sent) {
  if (!sent) return `${first}\n(nothing was sent)`;
  const headers = Object.entries(sent.headers).map(([name, value]) => `${name}: ${value}`);
  return [first, ...headers, "", sent.body].join("\n").trimEnd();
}

function pretty(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
