// The modal over the page: the topmost view of the acting person, its fields, and its buttons.

import { html, useId, useLayoutEffect, useRef } from "/static/vendor/preact-htm.js";
import { Blocks } from "/static/blocks.js";
import { keepInside, useReturnedFocus } from "/static/focus.js";
import { Icon } from "/static/icons.js";
import { Avatar } from "/static/people.js";
import { usePage } from "/static/state.js";
import { Text } from "/static/text.js";
import { isSending, topView, troubleOf } from "/static/views.js";

export function Modals() {
  const page = usePage();
  const view = topView(page);
  useReturnedFocus(Boolean(view));
  if (!view) return null;
  return html`<div class="modal-layer" inert=${page.narrow && Boolean(page.bench)}>
    <${Modal} key=${view.id} view=${view} />
  </div>`;
}

function Modal({ view }) {
  const page = usePage();
  const id = useId();
  const box = useRef();
  const busy = isSending(page, view);
  const trouble = troubleOf(page, view);
  const close = (clear) => () => page.doing.closeView(view, { clear });
  const submit = () => view.submit && page.doing.submitView(view);
  useFocus(box, view, busy);
  const keys = (event) => {
    if (event.defaultPrevented) return; // an open list has used the key
    keepInside(event);
    const isSubmit = event.key === "Enter" && (event.ctrlKey || event.metaKey);
    if (event.key !== "Escape" && !isSubmit) return;
    event.preventDefault();
    if (isSubmit) submit();
    else close(false)();
  };
  return html`<div class="modal" role="dialog" aria-modal="true" aria-labelledby=${`${id}-title`} tabindex="-1"
    ref=${box} onKeyDown=${keys}>
    <header class="modal-header">
      <${Avatar} id=${view.bot_id.replace(/^B/, "U")} size=${28} />
      <h2 id=${`${id}-title`}><${Text} text=${view.title} /></h2>
      <button type="button" class="quiet" aria-label="Close" onClick=${close(true)}>
        <${Icon} name="close" />
      </button>
    </header>
    <div class="modal-body content"><${Blocks} blocks=${view.blocks} surface=${view} /></div>
    <footer class="modal-footer">
      ${trouble && html`<p class="modal-trouble" role="alert"><${Icon} name="warning" /> <span>${trouble}</span></p>`}
      <button type="button" class="button" onClick=${close(false)}>
        ${view.close ? html`<${Text} text=${view.close} />` : view.submit ? "Cancel" : "Close"}
      </button>
      ${view.submit && html`<button type="button" class=${`button primary ${busy ? "busy" : ""}`} onClick=${submit}
        aria-busy=${busy ? "true" : null} aria-disabled=${busy ? "true" : null}>
        <span class="face"><${Text} text=${view.submit} /></span>${busy && html`<span class="spinner" />`}
      </button>`}
    </footer>
  </div>`;
}

const lastFocused = new Map(); // view id → the block_id that had the focus, for when the view is on top again
const FIELDS = "input, textarea";

/** The focus is in the first field, or where it was below another view; after a refusal it is in the wrong field. */
function useFocus(box, view, busy) {
  const sent = useRef(false);
  useLayoutEffect(() => {
    const modal = box.current;
    const remember = ({ target }) => lastFocused.set(view.id, target.closest("[data-block]")?.dataset.block);
    modal.addEventListener("focusin", remember);
    return () => modal.removeEventListener("focusin", remember);
  }, []);
  useLayoutEffect(() => {
    const modal = box.current;
    const now = document.activeElement;
    if (now !== modal && (modal.contains(now) || now.closest("dialog, #bench"))) return;
    const inBody = (selector) => modal.querySelector(`.modal-body ${selector}`);
    const before = lastFocused.get(view.id);
    const field = [before && `[data-block="${CSS.escape(before)}"]`, loading(view), ""].flatMap((block) =>
      block === undefined ? [] : [inBody(`${block} :is(${FIELDS})`)]);
    (field.find(Boolean) ?? modal).focus();
  }, [view.hash]);
  useLayoutEffect(() => {
    if (sent.current && !busy) box.current.querySelector(`[aria-invalid] :is(${FIELDS}), [aria-invalid]`)?.focus();
    sent.current = busy;
  }, [busy]);
}

/** The block whose element asks for the focus. */
function loading(view) {
  const block = view.blocks.find((one) => one.element?.focus_on_load);
  return block && `[data-block="${CSS.escape(block.block_id)}"]`;
}
