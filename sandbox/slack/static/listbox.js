// The list that a select opens below its field, or above it: filtered by the typed text, used by mouse or keyboard.

import { html, useEffect, useId, useLayoutEffect, useRef, useState } from "/static/vendor/preact-htm.js";
import { optionsOf } from "/static/entries.js";
import { usePage } from "/static/state.js";
import { Text } from "/static/text.js";

/** The state of one list; `pick` is called with the option that the person chooses. */
export function useListbox({ element, busy, pick }) {
  const page = usePage();
  const id = useId();
  const [search, setSearch] = useState(null); // null: closed
  const [active, setActive] = useState(0);
  const box = useRef();
  const isOpen = search !== null;
  const matches = ({ text }) => text.text.toLowerCase().includes((search ?? "").toLowerCase());
  const found = optionsOf(element, page).filter(matches);
  const close = () => setSearch(null);
  const begin = () => {
    if (busy || isOpen) return;
    setSearch("");
    setActive(0);
  };
  const keys = (event) => {
    const act = isOpen ? OPEN_KEYS[event.key] : CLOSED_KEYS[event.key];
    if (!act || event.ctrlKey || event.metaKey) return;
    if (event.key !== "Tab") event.preventDefault();
    const move = (step) => setActive((active + step + found.length) % (found.length || 1));
    act({ begin, close, pick: () => pick(found[active]), move });
  };
  useOutsideClick(box, isOpen, close);
  usePlacement(box, isOpen, active, close);
  const field = {
    role: "combobox",
    type: "text",
    autocomplete: "off",
    spellcheck: false,
    "aria-expanded": String(isOpen),
    "aria-controls": `${id}-list`,
    "aria-autocomplete": "list",
    "aria-busy": busy ? "true" : null,
    "aria-activedescendant": isOpen && found[active] ? `${id}-${active}` : null,
    readonly: !isOpen,
    onClick: begin,
    onKeyDown: keys,
    onInput: (event) => (setSearch(event.currentTarget.value), setActive(0)),
  };
  return { id, box, isOpen, search, setSearch, found, active, setActive, close, field };
}

/** The open list; several options can be chosen if `several`. */
export function OptionList({ list, label, several = false, isChosen, pick }) {
  const { id, found, active, setActive } = list;
  return html`<ul role="listbox" id=${`${id}-list`} aria-label=${label} aria-multiselectable=${several ? "true" : null}>
    ${found.length === 0 && html`<li class="empty">No matches</li>`}
    ${found.map((option, index) => html`<${Option} key=${option.value} id=${`${id}-${index}`} option=${option}
      first=${option.group && option.group !== found[index - 1]?.group} active=${index === active}
      chosen=${isChosen(option)} pick=${() => pick(option)} point=${() => setActive(index)} />`)}
  </ul>`;
}

function Option({ id, option, first, active, chosen, pick, point }) {
  return html`${first && html`<li class="caption" role="presentation"><${Text} text=${option.group} /></li>`}
    <li id=${id} role="option" class=${active ? "active" : ""} aria-selected=${String(chosen)}
      onClick=${pick} onMouseMove=${point}>
      <span><${Text} text=${option.text} /></span>
      ${option.description && html`<span class="faint"><${Text} text=${option.description} /></span>`}
    </li>`;
}

const open = (list) => list.begin();
const CLOSED_KEYS = { Enter: open, " ": open, ArrowDown: open, ArrowUp: open };
const OPEN_KEYS = {
  Enter: (list) => list.pick(),
  Escape: (list) => list.close(),
  Tab: (list) => list.close(),
  ArrowDown: (list) => list.move(1),
  ArrowUp: (list) => list.move(-1),
};

function useOutsideClick(box, isOpen, close) {
  useEffect(() => {
    if (!isOpen) return undefined;
    const away = (event) => box.current?.contains(event.target) || close();
    document.addEventListener("pointerdown", away);
    return () => document.removeEventListener("pointerdown", away);
  }, [isOpen]);
}

const GAP = 4;
const MAX_HEIGHT = 264; // as in the style sheet

/** Open the list upwards if there is no room below, and keep the active option in view. */
function usePlacement(box, isOpen, active, close) {
  useLayoutEffect(() => {
    if (!isOpen) return undefined;
    const form = box.current.closest(".modal-body");
    const place = form ? () => placeInWindow(box.current, form, close) : () => placeUpwards(box.current, ".messages");
    place();
    form?.addEventListener("scroll", place);
    return () => form?.removeEventListener("scroll", place);
  });
  useLayoutEffect(() => {
    if (isOpen) box.current.querySelector("[role=option].active")?.scrollIntoView({ block: "nearest" });
  }, [isOpen, active]);
}

/** Whether the list opens upwards; the room that it has; and the field. */
function placeUpwards(box, around) {
  const list = box.querySelector("[role=listbox]");
  const [room, field] = [box.closest(around).getBoundingClientRect(), box.getBoundingClientRect()];
  const [below, above] = [room.bottom - field.bottom - GAP, field.top - room.top - GAP];
  const upwards = below < list.scrollHeight && above > below;
  list.classList.toggle("upwards", upwards);
  return { list, field, upwards, height: upwards ? above : below };
}

/** A form scrolls, and would cut its lists off: they are placed in the window, until their field is scrolled away. */
function placeInWindow(box, form, close) {
  const { list, field, upwards, height } = placeUpwards(box, ".modal-layer");
  const { top, bottom } = form.getBoundingClientRect();
  if (field.bottom < top || field.top > bottom) close();
  const sizes = { left: field.left, width: field.width, maxHeight: Math.min(MAX_HEIGHT, height) };
  for (const [name, value] of Object.entries(sizes)) list.style[name] = `${value}px`;
  list.style.top = upwards ? "auto" : `${field.bottom + GAP}px`;
  list.style.bottom = upwards ? `${innerHeight - field.top + GAP}px` : "auto";
}
