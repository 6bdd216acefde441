// Keeps the page up to date: reads what the acting person sees, waits until something has changed, and reads again.

import * as api from "/static/api.js";
import { HOME, samePlace } from "/static/address.js";
import { humansOf, START } from "/static/state.js";
import { withViews } from "/static/views.js";

const RETRY_MS = 1000;
const CLICKS_SHOWN = 20;
const CALLS_READ = 200; // enough to include the calls that followed these clicks

export function createLive({ store, marks }) {
  let latest = 0;
  let newest = null;

  /** Read all that the page shows once. Of overlapping calls the one that started last wins, and all end with it. */
  function refresh() {
    newest = read();
    return newest;
  }

  async function read() {
    const reading = ++latest;
    const { place } = store.value;
    const [people, faults, journal] = await Promise.all([api.people(), api.faults(), readJournal()]);
    const humans = humansOf(people);
    const seen = new Map(humans.map(({ id, channels }) => [id, channels]));
    const home = startingPlace({ place, humans, seen });
    if (!samePlace(home, place) && samePlace(place, store.value.place)) {
      store.change({ place: home });
      return refresh();
    }
    const channels = seen.get(place.as) ?? [];
    const visible = channels.some((channel) => channel.id === place.channel);
    const [messages, views] = await Promise.all([
      visible ? api.messages(place) : [],
      seen.has(place.as) ? api.views(place) : START.views,
    ]);
    if (reading !== latest) return newest;
    if (!samePlace(place, store.value.place)) return undefined;
    for (const [id, list] of seen) marks.meet(id, list);
    const open = channels.find((channel) => channel.id === place.channel);
    if (open && document.visibilityState === "visible") marks.read(place.as, open);
    const unread = Object.fromEntries([...seen].map(([id, list]) => [id, marks.unread(id, list)]));
    store.change({ people, channels, seen: Object.fromEntries(seen), messages, unread, shown: place });
    store.change({ ...withViews(store.value, views), faults, journal, connected: true });
    return undefined;
  }

  /** Read what the inspector shows. It is large, so it is read only while the bench is open. */
  async function readJournal() {
    if (!store.value.bench) return store.value.journal;
    const [clicks, calls] = await Promise.all([api.clicks({ limit: CLICKS_SHOWN }), api.calls({ limit: CALLS_READ })]);
    return { clicks, calls };
  }

  /** Follow the sandbox as long as the page is open; while the sandbox does not respond, retry every second. */
  async function follow() {
    for (let version = 0; ; ) {
      try {
        await refresh();
        version = await api.changes({ after: version });
      } catch (problem) {
        console.warn(`sandbox not reached: ${problem.message}`);
        version = 0; // a restarted sandbox may have lower versions
        store.change({ connected: false });
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  return { refresh, follow };
}

// In a world of another seed the usual person or channel may not be there: the page then starts with the first ones.
function startingPlace({ place, humans, seen }) {
  const known = humans.some(({ id }) => id === HOME.as);
  const as = place.as === HOME.as && !known ? (humans[0]?.id ?? place.as) : place.as;
  const exists = [...seen.values()].flat().some(({ id }) => id === HOME.channel);
  const first = seen.get(as)?.[0]?.id;
  return { ...place, as, channel: place.channel === HOME.channel && !exists ? (first ?? place.channel) : place.channel };
}
