// The page's state as one value, and the access of components to it and to the actions of a person.

import { createContext, useContext } from "/static/vendor/preact-htm.js";
import { HOME } from "/static/address.js";

export const START = {
  place: HOME, //        the acting person, and the open channel, thread and message
  people: [],
  channels: [], //       as the acting person sees them
  seen: {}, //           person id → the channels that person sees
  messages: [], //       of the open channel, oldest first, threads included
  shown: null, //        the place `messages` belongs to; null until the first answer
  unread: {}, //         person id → map of the channels with unread messages: channel id → is it a direct message
  clicks: {}, //         control name → the state of its latest click: {busy} or {error}
  entries: {}, //        person, channel and message, or view → block_id → action_id → what was entered there
  views: { list: [], shown: {} }, // the open modals of the acting person, the newest last, and what is shown of each
  submissions: {}, //    view id → {isSending, mistakes, problem, changed}: its latest submission in this window
  lastClick: null, //    the last click or submission in this window
  sent: [], //           what was sent from the forms of this window, as the sandbox returned it, oldest first
  faults: [], //         the armed faults
  journal: { clicks: [], calls: [] }, // of all people and apps, oldest first; read while the bench is open
  confirmation: null, // the open confirmation: {confirm, answer(bool)}
  drawer: false, //      whether the sidebar is open on a narrow screen
  bench: null, //        the part for which the panel "Behind the scenes" was opened, "faults" or "clicks"; null: closed
  narrow: false, //      whether the screen is narrow, where an open panel covers the rest
  connected: true,
};

/** A store: a value, `change` to patch it, and `subscribe` to be called after each change. */
export function createStore(initial) {
  const listeners = new Set();
  const store = {
    value: initial,
    change(patch) {
      store.value = { ...store.value, ...patch };
      for (const listener of listeners) listener(store.value);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  return store;
}

export const Page = createContext(null);

/** The current state, plus `doing`: the actions of a person. */
export const usePage = () => useContext(Page);

export const personOf = (page, id) => page.people.find((person) => person.id === id);

/** The people who can act: no bots and no deactivated accounts. */
export const humansOf = (people) => people.filter((person) => !person.is_bot && !person.is_deleted);

export const channelOf = (page, id) => page.channels.find((channel) => channel.id === id);
export const nameOf = (page, id) => personOf(page, id)?.name ?? id;

/** The name of a channel in a sentence: `#approvals`, or the name of the other person of a direct message. */
export function channelTitle(page, channel) {
  if (!channel) return "";
  return channel.is_im ? fullNameOf(page, channel.user) : `#${channel.name}`;
}

export function fullNameOf(page, id) {
  const person = personOf(page, id);
  return person?.real_name || person?.name || id;
}
