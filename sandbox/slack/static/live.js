// Knows how the page keeps up: it reads what the acting person sees, then waits until something changed, and reads again.

import * as api from "/static/api.js";
import { samePlace } from "/static/address.js";

const PATIENCE_MS = 1000;
const CLICKS_SHOWN = 20;
const CALLS_READ = 200; // enough to hold what followed those clicks

export function createLive({ store, marks }) {
  let latest = 0;

  /** Read everything on the screen once. When two readings overlap, the one that started last wins. */
  async function refresh() {
    const reading = ++latest;
    const { place } = store.value;
    const [people, faults, journal] = await Promise.all([api.people(), api.faults(), readJournal()]);
    const humans = people.filter((person) => !person.is_bot);
    const seen = await Promise.all(humans.map(async ({ id }) => [id, await api.channels({ as: id })]));
    const channels = new Map(seen).get(place.as) ?? [];
    const visible = channels.some((channel) => channel.id === place.channel);
    const messages = visible ? await api.messages(place) : [];
    if (reading !== latest || !samePlace(place, store.value.place)) return;
    for (const [id, list] of seen) marks.meet(id, list);
    const open = channels.find((channel) => channel.id === place.channel);
    if (open && document.visibilityState === "visible") marks.read(place.as, open);
    const unread = Object.fromEntries(seen.map(([id, list]) => [id, marks.unread(id, list)]));
    store.change({ people, channels, seen: Object.fromEntries(seen), messages, unread, shown: place });
    store.change({ faults, journal, connected: true });
  }

  /** What the inspector shows: much to read, so it is read only for somebody who looks. */
  async function readJournal() {
    if (!store.value.bench) return store.value.journal;
    const [clicks, calls] = await Promise.all([api.clicks({ most: CLICKS_SHOWN }), api.calls({ most: CALLS_READ })]);
    return { clicks, calls };
  }

  /** Follow the sandbox for as long as the page is open; a sandbox that went away is waited for. */
  async function follow() {
    for (let version = 0; ; ) {
      try {
        await refresh();
        version = await api.changes({ after: version });
      } catch (problem) {
        console.warn(`sandbox not reached: ${problem.message}`);
        version = 0; // it may come back as a new one that counts from the start
        store.change({ connected: false });
        await new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
      }
    }
  }

  return { refresh, follow };
}
