// What people enter in the elements of a message or of a view, until a click or a submission tells the app.

import { humansOf, nameOf } from "/static/state.js";

const PEOPLE = ["users_select", "multi_users_select"];
const CHANNELS = ["channels_select", "multi_channels_select"];
const CONVERSATIONS = ["conversations_select", "multi_conversations_select"];

/** The elements of a block, wherever such a block has them. */
export const elementsOf = ({ elements = [], accessory, element }) => [...elements, accessory, element].filter(Boolean);

/** Whether an element holds a list of values. */
const holdsSeveral = ({ type }) => type === "checkboxes" || type.startsWith("multi_");

// A view has an id, which is also the name of its entries; a message has a ts, and other entries for each person.
const whose = ({ place }, surface) => surface.id ?? [place.as, place.channel, surface.ts].join("/");

/** Keeps what the acting person has entered in a message or a view. */
export function createEntries({ store }) {
  return function enter({ surface, block, element, value }) {
    const { entries } = store.value;
    const key = whose(store.value, surface);
    const inBlock = { ...entries[key]?.[block.block_id], [element.action_id]: value || null };
    store.change({ entries: { ...entries, [key]: { ...entries[key], [block.block_id]: inBlock } } });
  };
}

/** What an element holds: what was entered, or else what it started with; a text, a list of values, or null. */
export function heldIn(page, { surface, block, element }) {
  const entry = page.entries[whose(page, surface)]?.[block.block_id]?.[element.action_id];
  if (entry !== undefined && canHave(element, entry)) return entry ?? (holdsSeveral(element) ? [] : null);
  const value = surface.state?.values[block.block_id]?.[element.action_id];
  return value === undefined ? initialOf(element) : entryOf(value);
}

/** The value of an element in a view's `state.values`, in the form of an entry. */
function entryOf({ type, timezone, ...value }) {
  const [held] = Object.values(value);
  if (Array.isArray(held)) return held.map((one) => one.value ?? one);
  if (held?.type === "rich_text") return textsIn(held).join("");
  return held?.value ?? (held === null || held === "" ? null : String(held));
}

const textsIn = (part) => (part.text ? [part.text] : (part.elements ?? []).flatMap(textsIn));

/** What an element holds before a person uses it. */
export function initialOf(element) {
  const names = Object.keys(element).filter((name) => name.startsWith("initial_"));
  return names.length ? entryOf({ value: element[names[0]] }) : holdsSeveral(element) ? [] : null;
}

/** All options that an element offers, each with its group. Without a `page` a list of people or channels has none. */
export function optionsOf(element, page = null) {
  const { type, options = [], option_groups } = element;
  const plain = (text, value) => ({ text: { type: "plain_text", text }, value });
  if (page && PEOPLE.includes(type)) {
    return humansOf(page.people).map(({ id, name, real_name }) => plain(real_name || name, id));
  }
  if (page && [...CHANNELS, ...CONVERSATIONS].includes(type)) {
    const offered = page.channels.filter((channel) => !channel.is_im || CONVERSATIONS.includes(type));
    const titleOf = ({ is_im, user, name }) => (is_im ? `@${nameOf(page, user)}` : `#${name}`);
    return offered.map((channel) => plain(titleOf(channel), channel.id));
  }
  const groups = option_groups ?? [{ label: null, options }];
  return groups.flatMap(({ label, options }) => options.map((option) => ({ ...option, group: label })));
}

/** Whether an element can still have this entry: an edit or update may have removed the option that was chosen. */
function canHave(element, value) {
  const offered = optionsOf(element).map((option) => option.value);
  return offered.length === 0 || value === null || [value].flat().every((one) => offered.includes(one));
}

/** What was entered in elements that the message or view still has, as the control API takes it. */
export function entered(page, surface) {
  const mine = page.entries[whose(page, surface)] ?? {};
  const state = {};
  for (const block of surface.blocks ?? []) {
    for (const element of elementsOf(block)) {
      const value = mine[block.block_id]?.[element.action_id];
      if (value !== undefined && canHave(element, value)) (state[block.block_id] ??= {})[element.action_id] = value;
    }
  }
  return state;
}
