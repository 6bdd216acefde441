// The static select: a field that opens a list, filters it by the typed text, and clicks the chosen option.

import { html, useEffect, useId, useLayoutEffect, useRef, useState } from "/static/vendor/preact-htm.js";
import { enteredIn, isBusy, optionsOf, sends } from "/static/clicks.js";
import { Icon } from "/static/icons.js";
import { usePage } from "/static/state.js";
import { Text } from "/static/text.js";

export function Select({ element, block, message }) {
  const page = usePage();
  const id = useId();
  const before = enteredIn(page, { message, block, element });
  const [chosen, choose] = useState(optionsOf(element).find(({ value }) => value === before) ?? element.initial_option ?? null);
  const [search, setSearch] = useState(null); // null: closed
  const [active, setActive] = useState(0);
  const box = useRef();
  const busy = isBusy(page, { message, block, element });
  const open = search !== null;
  const found = matching(element, search ?? "");
  const close = () => setSearch(null);
  const begin = () => {
    if (busy || open) return;
    setSearch("");
    setActive(0);
  };
  const pick = async (option) => {
    close();
    if (!option) return;
    if (sends(block) && !(await page.doing.click({ message, block, element, option: bare(option) }))) return;
    page.doing.enter({ message, block, element, value: option.value });
    choose(option);
  };
  useOutsideClick(box, open, close);
  useKeepInView(box, open, active);

  const keys = (event) => {
    const act = open ? OPEN_KEYS[event.key] : CLOSED_KEYS[event.key];
    if (!act) return;
    if (event.key !== "Tab") event.preventDefault();
    const move = (step) => setActive((active + step + found.length) % (found.length || 1));
    act({ begin, close, pick: () => pick(found[active]), move });
  };
  const placeholder = element.placeholder?.text ?? "Choose an option";
  const label = block.label?.text ?? placeholder;
  return html`<div class=${`select ${open ? "open" : ""} ${busy ? "busy" : ""}`} ref=${box}>
    <input role="combobox" type="text" autocomplete="off" spellcheck=${false} aria-label=${label} placeholder=${placeholder}
      aria-expanded=${String(open)} aria-controls=${`${id}-list`} aria-autocomplete="list" aria-busy=${busy ? "true" : null}
      aria-activedescendant=${open && found[active] ? `${id}-${active}` : null}
      value=${open ? search : chosen?.text.text ?? ""} readonly=${!open}
      onClick=${begin} onKeyDown=${keys} onInput=${(event) => (setSearch(event.currentTarget.value), setActive(0))} />
    ${busy ? html`<span class="spinner" />` : html`<${Icon} name="chevron" />`}
    ${open && html`<ul role="listbox" id=${`${id}-list`} aria-label=${label}>
      ${found.length === 0 && html`<li class="empty">No matches</li>`}
      ${found.map((option, index) => html`<${Option} key=${option.value} id=${`${id}-${index}`} option=${option}
        first=${option.group && option.group !== found[index - 1]?.group} active=${index === active}
        chosen=${option.value === chosen?.value} pick=${() => pick(option)} point=${() => setActive(index)} />`)}
    </ul>`}
  </div>`;
}

function Option({ id, option, first, active, chosen, pick, point }) {
  return html`${first && html`<li class="caption" role="presentation"><${Text} text=${option.group} /></li>`}
    <li id=${id} role="option" class=${active ? "active" : ""} aria-selected=${String(chosen)} onClick=${pick} onMouseMove=${point}>
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

/** All options that contain the typed text, each with its group. */
function matching(element, search) {
  return optionsOf(element).filter((option) => option.text.text.toLowerCase().includes(search.toLowerCase()));
}

function useOutsideClick(box, open, close) {
  useEffect(() => {
    if (!open) return undefined;
    const away = (event) => box.current?.contains(event.target) || close();
    document.addEventListener("pointerdown", away);
    return () => document.removeEventListener("pointerdown", away);
  }, [open]);
}

/** Open the list upwards if there is no room below, and keep the active option in view. */
function useKeepInView(box, open, active) {
  useLayoutEffect(() => {
    if (!open) return;
    const list = box.current.querySelector("[role=listbox]");
    const room = box.current.closest(".messages").getBoundingClientRect();
    const field = box.current.getBoundingClientRect();
    const fits = (height) => height > list.offsetHeight;
    list.classList.toggle("upwards", !fits(room.bottom - field.bottom) && fits(field.top - room.top));
  }, [open]);
  useLayoutEffect(() => {
    if (open) box.current.querySelector("[role=option].active")?.scrollIntoView({ block: "nearest" });
  }, [open, active]);
}

const bare = ({ group, ...option }) => option;
