// One click: a confirmation if the element has one, then the request to the app, then what Slack would show of its ack.

import * as api from "/static/api.js";
import { entered } from "/static/entries.js";

const ACK_SECONDS = 3;

/** The name of a control for one person and message or view: the key of its latest click in `state.clicks`. */
export const controlName = ({ place, surface, block, element }) =>
  [place.as, place.channel, surface.id ?? surface.ts, block.block_id, element.action_id].join("/");

/** Whether a click of the acting person on this control is in flight. */
export const isBusy = ({ clicks, place }, control) => Boolean(clicks[controlName({ place, ...control })]?.busy);

/** Whether using an element of this block is sent to the app; else its entry is sent with other clicks, in `state`. */
export const sends = (block) => block.type !== "input" || block.dispatch_action === true;

/** Open the confirmation; the promise resolves to the acting person's answer, true or false. */
export const confirmed = (store, confirm) =>
  new Promise((resolve) => {
    const answer = (agreed) => {
      store.change({ confirmation: null });
      resolve(agreed);
    };
    store.change({ confirmation: { confirm, answer } });
  });

const SENT_KEPT = 20;

/** Keep what was sent from a form for the inspector: the sandbox's own record has the clicks on messages only. */
export function remember(store, outcome) {
  const sent = { ...outcome, at: Date.now() / 1000, user: store.value.place.as, replies: [] };
  store.change({ sent: [...store.value.sent, sent].slice(-SENT_KEPT) });
}

export function createClicks({ store }) {
  const note = (name, outcome) => store.change({ clicks: { ...store.value.clicks, [name]: outcome } });

  /** Click a control as the acting person. Resolves to false if the person does not confirm, or a click is in flight. */
  return async function click({ surface, block, element, option, value }) {
    const { place } = store.value;
    const { as, channel } = place;
    const name = controlName({ place, surface, block, element });
    if (store.value.clicks[name]?.busy) return false;
    if (element.confirm && !(await confirmed(store, element.confirm))) return false;
    note(name, { busy: true });
    try {
      const outcome = surface.id
        ? await api.act(surface.id, useOf(store.value, { surface, block, element, option, value }))
        : await api.click({
            ...envelope({ as, channel, message: surface, block, element, option, value }),
            state: entered(store.value, surface),
          });
      const { status, ack_ms, error } = outcome;
      if (surface.id) remember(store, outcome);
      note(name, { error: complaint({ status, error }) });
      store.change({ lastClick: { status, ack_ms, error, as, control: labelOf(element, option) } });
    } catch (problem) {
      note(name, { error: refusal(problem, surface) });
    }
    return true;
  };
}

// A card may change while a confirmation is open, as in Slack; `stale` is the element as this client still showed it.
function envelope({ as, channel, message, block, element, option, value = element.value }) {
  const { block_id } = block;
  const { action_id, type } = element;
  const where = { user: as, channel, ts: message.ts, block_id, action_id };
  if (Array.isArray(value)) return { ...where, selected_options: value };
  if (!["button", "static_select"].includes(type)) return { ...where, ...(option ? { selected_option: option.value } : { value }) };
  const what = option ? { selected_option: option } : { value };
  const stale = { block_id, action_id, type, text: labelOf(element, option), value: option?.value ?? value };
  return { ...where, ...what, stale };
}

/** The use of an element of a view, with all that was entered in the view. */
function useOf(page, { surface, block, element, option, value = option?.value ?? element.value }) {
  const { block_id } = block;
  const { action_id } = element;
  return { user: page.place.as, block_id, action_id, value: value ?? null, values: entered(page, surface) };
}

const labelOf = (element, option) => option?.text?.text ?? element.text?.text ?? element.action_id;

function complaint({ status, error }) {
  if (status === 200) return null;
  if (error === "timeout") return `The app did not respond within ${ACK_SECONDS} seconds.`;
  if (status === 0) return "The app could not be reached.";
  return `The app responded with status ${status}.`;
}

function refusal({ status, error, message }, surface) {
  if (status === 404) return surface.id ? "This form is no longer open." : "This message is no longer there.";
  return error ? `The sandbox refused this click: ${error}.` : `The sandbox could not be reached: ${message}`;
}
