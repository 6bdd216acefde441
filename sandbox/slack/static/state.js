// Knows what the page shows, as one value; and how components reach it and the things a person can do.

import { createContext, useContext } from "/static/vendor/preact-htm.js";
import { HOME } from "/static/address.js";

export const START = {
  place: HOME, //        who looks at what
  people: [],
  channels: [], //       as the acting person sees them
  seen: {}, //           person id → the channels that person sees
  messages: [], //       of the open channel, oldest first, threads included
  shown: null, //        the place `messages` belongs to; null until the first answer
  unread: {}, //         person id → what they have not seen: channel id → is it a direct message
  clicks: {}, //         what became of the latest click on each control: {busy} or {error}
  lastClick: null, //    of this window
  faults: [], //         what is armed to go wrong
  journal: { clicks: [], calls: [] }, // the last of everybody, oldest first; kept up while the bench is open
  question: null, //     the open confirmation: {confirm, answer(bool)}
  drawer: false, //      the sidebar on a narrow screen
  bench: null, //        the panel behind the scenes: what one opened it for, "faults" or "clicks"
  narrow: false, //      one thing at a time: what is open covers the rest
  connected: true,
};

/** A value, its changes, and who wants to hear of them. */
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

/** The current state, plus `doing`: what a person can do from here. */
export const usePage = () => useContext(Page);

export const personOf = (page, id) => page.people.find((person) => person.id === id);
export const channelOf = (page, id) => page.channels.find((channel) => channel.id === id);
export const nameOf = (page, id) => personOf(page, id)?.name ?? id;

/** What a channel is called in a sentence: `#approvals`, or the name of the other end of a direct message. */
export function channelTitle(page, channel) {
  if (!channel) return "";
  return channel.is_im ? fullNameOf(page, channel.user) : `#${channel.name}`;
}

export function fullNameOf(page, id) {
  const person = personOf(page, id);
  return person?.real_name || person?.name || id;
}
