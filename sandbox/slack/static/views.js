// Modals: which view the acting person has on top, what is shown of its submission, and its submitting and closing.

import * as api from "/static/api.js";
import { confirmed, remember } from "/static/clicks.js";
import { elementsOf, entered, heldIn, initialOf } from "/static/entries.js";

const plain = (text) => ({ type: "plain_text", text });
const DISCARD = {
  title: plain("Discard changes?"),
  text: plain("What you entered is lost when you close this."),
  confirm: plain("Discard"),
  deny: plain("Keep editing"),
  style: "danger",
};

const mine = ({ views, place }) => views.list.filter((view) => views.shown[view.id]?.user === place.as);

/** The view that the acting person uses: the newest of those that are open; null if there is none. */
export const topView = (page) => mine(page).at(-1) ?? null;

/** The errors below the fields, by block_id. A field that was changed since has none. */
export function errorsOf({ views, submissions }, surface) {
  const { isSending, mistakes, changed = {} } = submissions[surface.id] ?? {};
  if (isSending) return {};
  const errors = Object.entries(mistakes ?? views.shown[surface.id]?.errors ?? {});
  return Object.fromEntries(errors.filter(([block_id]) => !changed[block_id]));
}

/** What is wrong with the whole submission, or null. */
export function troubleOf({ views, submissions }, view) {
  const { isSending, problem } = submissions[view.id] ?? {};
  return isSending ? null : (problem ?? views.shown[view.id]?.trouble ?? null);
}

export const isSending = ({ submissions }, view) => Boolean(submissions[view.id]?.isSending);

export function createViews({ store, lookAgain }) {
  const note = (id, patch) => {
    const { submissions } = store.value;
    store.change({ submissions: { ...submissions, [id]: { ...submissions[id], ...patch } } });
  };

  return {
    /** Submit a view with all that was entered in it. What was entered stays until the app has closed the view. */
    async submitView(view) {
      if (isSending(store.value, view)) return;
      note(view.id, { isSending: true, mistakes: null, problem: null, changed: {} });
      const outcome = { isSending: false };
      try {
        const { as } = store.value.place;
        const told = await api.submit(view.id, { user: as, values: entered(store.value, view) });
        remember(store, told);
        store.change({ lastClick: { ...told, as, control: view.submit.text } });
        await lookAgain(); // what the app said of the submission is shown from the moment the spinner ends
      } catch (refusal) {
        if (refusal.status === 422) outcome.mistakes = refusal.answer.fields;
        else if (refusal.status === 404) await lookAgain(); // closed in another window
        else outcome.problem = refusal.error ? `Not sent: ${refusal.error}.` : "The sandbox could not be reached.";
      }
      note(view.id, outcome);
    },

    /** Close a view as Cancel does, or with `clear` its stack as X does, if nothing is lost or the person agrees. */
    async closeView(view, { clear }) {
      const isIncluded = (one) => one.id === view.id || (clear && one.root_view_id === view.root_view_id);
      const closing = mine(store.value).filter(isIncluded);
      if (closing.some((one) => isEdited(store.value, one)) && !(await confirmed(store, DISCARD))) return;
      await api.close(view.id, { user: store.value.place.as, clear }).catch(() => {}); // it may be closed meanwhile
      await lookAgain();
    },

    /** An entry takes back the error of its field, until the next submission. */
    changeField({ surface, block }) {
      const changed = { ...store.value.submissions[surface.id]?.changed, [block.block_id]: true };
      if (surface.id) note(surface.id, { changed });
    },
  };
}

/** Whether a view holds anything that the person has entered. */
function isEdited(page, view) {
  const isChanged = (block) => (element) => {
    if (element.type === "button" || element.default_to_current_conversation) return false;
    return String(heldIn(page, { surface: view, block, element }) ?? "") !== String(initialOf(element) ?? "");
  };
  return view.blocks.some((block) => elementsOf(block).some(isChanged(block)));
}

/**
 * The parts of the state that change with the open views. Of the entries stay those whose element the view still has
 * under the same block_id and action_id, and of the same type; an update takes back what was wrong before it.
 */
export function withViews({ views: { list: before }, entries, submissions }, views) {
  const find = (list, id) => list.find((view) => view.id === id);
  const isView = (key) => !key.includes("/"); // see entries.js
  const kept = Object.entries(entries)
    .filter(([key]) => !isView(key) || find(views.list, key))
    .map(([key, blocks]) => [key, isView(key) ? keptIn(find(views.list, key), find(before, key), blocks) : blocks]);
  const open = Object.entries(submissions)
    .filter(([id]) => find(views.list, id))
    .map(([id, one]) => {
      const isUpdated = find(views.list, id).hash !== find(before, id)?.hash;
      return [id, isUpdated ? { isSending: one.isSending } : one];
    });
  return { views, entries: Object.fromEntries(kept), submissions: Object.fromEntries(open) };
}

function keptIn(view, before, blocks) {
  if (!before || view.hash === before.hash) return blocks;
  const typeOf = ({ blocks }, block_id, action_id) => {
    const elements = blocks.filter((block) => block.block_id === block_id).flatMap(elementsOf);
    return elements.find((element) => element.action_id === action_id)?.type;
  };
  const keep = (block_id) => ([action_id]) => {
    const type = typeOf(view, block_id, action_id);
    return type !== undefined && type === typeOf(before, block_id, action_id);
  };
  const kept = Object.entries(blocks).map(([block_id, values]) =>
    [block_id, Object.fromEntries(Object.entries(values).filter(keep(block_id)))]);
  return Object.fromEntries(kept);
}
