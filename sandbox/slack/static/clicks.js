// One click: a confirmation if the element has one, then the request to the app, then what Slack would show of its ack.

import * as api from "/static/api.js";

const ACK_SECONDS = 3;

/** The name of a control for one person and message: the key of its latest click in `state.clicks`. */
export const controlName = ({ place, message, block, element }) =>
  [place.as, place.channel, message.ts, block.block_id, element.action_id].join("/");

/** Whether a click of the acting person on this control is in flight. */
export const isBusy = ({ clicks, place }, control) => Boolean(clicks[controlName({ place, ...control })]?.busy);

/** The elements of a block, wherever such a block has them. */
export const elementsOf = ({ elements = [], accessory, element }) => [...elements, accessory, element].filter(Boolean);

/** Whether using an element of this block is sent to the app; else its entry is sent with other clicks, in `state`. */
export const sends = (block) => block.type !== "input" || block.dispatch_action === true;

const whose = (place, message) => [place.as, place.channel, message.ts].join("/");

/** Keeps what the acting person has entered in a message, until a click tells the app. */
export function createEntries({ store }) {
  return function enter({ message, block, element, value }) {
    const { entries, place } = store.value;
    const key = whose(place, message);
    const now = { ...entries[key], [block.block_id]: { ...entries[key]?.[block.block_id], [element.action_id]: value || null } };
    store.change({ entries: { ...entries, [key]: now } });
  };
}

/** What the acting person has entered in this element; undefined: nothing since the page was opened. */
export const enteredIn = ({ entries, place }, { message, block, element }) =>
  entries[whose(place, message)]?.[block.block_id]?.[element.action_id];

/** All options that an element offers, each with its group; an element that offers none has an empty list. */
export const optionsOf = ({ options = [], option_groups }) =>
  (option_groups ?? [{ label: null, options }]).flatMap(({ label, options }) => options.map((option) => ({ ...option, group: label })));

/** Whether an element can still have this entry: an edit of the message may have removed the option that was chosen. */
function canHave(element, value) {
  const offered = optionsOf(element).map((option) => option.value);
  return offered.length === 0 || value === null || [value].flat().every((one) => offered.includes(one));
}

/** What is entered in elements that the message still has, as `POST /sandbox/clicks` takes it. */
function entered({ entries, place }, message) {
  const mine = entries[whose(place, message)] ?? {};
  const state = {};
  for (const block of message.blocks ?? []) {
    for (const element of elementsOf(block)) {
      const value = mine[block.block_id]?.[element.action_id];
      if (value !== undefined && canHave(element, value)) (state[block.block_id] ??= {})[element.action_id] = value;
    }
  }
  return state;
}

export function createClicks({ store }) {
  /** Open the confirmation; the promise resolves to the acting person's answer, true or false. */
  const confirmed = (confirm) =>
    new Promise((resolve) => {
      const answer = (agreed) => {
        store.change({ confirmation: null });
        resolve(agreed);
      };
      store.change({ confirmation: { confirm, answer } });
    });

  const note = (name, outcome) => store.change({ clicks: { ...store.value.clicks, [name]: outcome } });

  /** Click a control as the acting person. Resolves to false if the person does not confirm, or a click is in flight. */
  return async function click({ message, block, element, option, value }) {
    const { place } = store.value;
    const { as, channel } = place;
    const name = controlName({ place, message, block, element });
    if (store.value.clicks[name]?.busy) return false;
    if (element.confirm && !(await confirmed(element.confirm))) return false;
    note(name, { busy: true });
    try {
      const { status, ack_ms, error } = await api.click({
        ...envelope({ as, channel, message, block, element, option, value }),
        state: entered(store.value, message),
      });
      note(name, { error: complaint({ status, error }) });
      store.change({ lastClick: { status, ack_ms, error, as, control: labelOf(element, option) } });
    } catch (problem) {
      note(name, { error: refusal(problem) });
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

const labelOf = (element, option) => option?.text?.text ?? element.text?.text ?? element.action_id;

function complaint({ status, error }) {
  if (status === 200) return null;
  if (error === "timeout") return `The app did not respond within ${ACK_SECONDS} seconds.`;
  if (status === 0) return "The app could not be reached.";
  return `The app responded with status ${status}.`;
}

function refusal({ status, error, message }) {
  if (status === 404) return "This message is no longer there.";
  return error ? `The sandbox refused this click: ${error}.` : `The sandbox could not be reached: ${message}`;
}
