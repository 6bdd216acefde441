// Starts the page: one store, one loop that follows the sandbox, one tree of components.

import { html, render, useEffect, useState } from "/static/vendor/preact-htm.js";
import { readAddress, readPermalink, samePlace, writeAddress } from "/static/address.js";
import { createClicks, sends } from "/static/clicks.js";
import { createEntries } from "/static/entries.js";
import { createLive } from "/static/live.js";
import { createStore, Page, START } from "/static/state.js";
import { createReadMarks } from "/static/unread.js";
import { createViews } from "/static/views.js";
import { Workspace } from "/static/workspace.js";

const permalink = readPermalink(location);
if (permalink) history.replaceState(null, "", `/${writeAddress(permalink)}`);

const store = createStore({ ...START, place: readAddress(location.hash) });
const live = createLive({ store, marks: createReadMarks(() => localStorage) });

const showDrawer = (drawer) => store.change({ drawer });
const showBench = (bench) => {
  store.change({ bench, drawer: false });
  if (bench) lookAgain();
};
const lookAgain = () => live.refresh().catch(() => {}); // the loop in live.js reports a sandbox that does not respond

/** Show another place; the address changes with it, so that Back works and the link can be shared. */
function go(change) {
  const place = { ...store.value.place, message: null, ...change };
  if (samePlace(place, store.value.place)) showDrawer(false);
  else location.hash = writeAddress(place);
}

addEventListener("hashchange", () => {
  store.change({ place: readAddress(location.hash), drawer: false });
  lookAgain();
});
document.addEventListener("visibilitychange", lookAgain);
const phone = matchMedia("(max-width: 760px)"); // the same width as in the style sheets
const fit = () => store.change({ narrow: phone.matches, drawer: false });
phone.addEventListener("change", fit);
fit();

const { submitView, closeView, changeField } = createViews({ store, lookAgain });
const keepEntry = createEntries({ store });
const enter = (entry) => {
  keepEntry(entry);
  changeField(entry);
};
const click = createClicks({ store });
/** Use an element that holds something: tell the app if its block sends, and keep the entry unless no click was made. */
const use = async (entry) => {
  if (!sends(entry.block) || (await click(entry))) enter(entry);
};
const doing = { go, showDrawer, showBench, lookAgain, click, enter, use, submitView, closeView };

function Root() {
  const [state, show] = useState(store.value);
  useEffect(() => store.subscribe(show), []);
  return html`<${Page.Provider} value=${{ ...state, doing }}><${Workspace} /><//>`;
}

render(html`<${Root} />`, document.getElementById("page"));
live.follow();
