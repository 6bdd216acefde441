// The selects: a field that opens a list. One holds the chosen option, the other any number of them.

import { html } from "/static/vendor/preact-htm.js";
import { isBusy } from "/static/clicks.js";
import { heldIn, optionsOf } from "/static/entries.js";
import { useField } from "/static/field.js";
import { Icon } from "/static/icons.js";
import { OptionList, useListbox } from "/static/listbox.js";
import { usePage } from "/static/state.js";

export function Select({ element, block, surface }) {
  const page = usePage();
  const { "aria-label": label, ...field } = useField({ element, block });
  const busy = isBusy(page, { surface, block, element });
  const held = heldIn(page, { surface, block, element });
  const chosen = optionsOf(element, page).find(({ value }) => value === held);
  const pick = (option) => {
    list.close();
    if (option) page.doing.use({ surface, block, element, option: bare(option), value: option.value });
  };
  const list = useListbox({ element, busy, pick });
  return html`<div class=${`select ${list.isOpen ? "open" : ""} ${busy ? "busy" : ""}`} ref=${list.box}>
    <input ...${field} ...${list.field} aria-label=${label} value=${list.isOpen ? list.search : chosen?.text.text ?? ""}
      placeholder=${element.placeholder?.text ?? "Choose an option"} />
    ${busy ? html`<span class="spinner" />` : html`<${Icon} name="chevron" />`}
    ${list.isOpen && html`<${OptionList} list=${list} label=${label} pick=${pick}
      isChosen=${(option) => option.value === held} />`}
  </div>`;
}

/** A select of several: each chosen option can be removed, the last one also with Backspace. */
export function MultiSelect({ element, block, surface }) {
  const page = usePage();
  const { "aria-label": label, ...field } = useField({ element, block });
  const busy = isBusy(page, { surface, block, element });
  const held = heldIn(page, { surface, block, element }) ?? [];
  const options = optionsOf(element, page);
  const chosen = held.map((value) => options.find((option) => option.value === value)).filter(Boolean);
  const change = (value) => {
    if (!busy) page.doing.use({ surface, block, element, value });
  };
  const pick = (option) => {
    if (!option) return;
    list.setSearch(""); // the list stays open
    change(held.includes(option.value) ? held.filter((value) => value !== option.value) : [...held, option.value]);
  };
  const list = useListbox({ element, busy, pick });
  const keys = (event) => {
    if (event.key === "Backspace" && !list.search && held.length) change(held.slice(0, -1));
    else list.field.onKeyDown(event);
  };
  const remove = (option) => (event) => {
    const box = event.currentTarget.closest(".select");
    change(held.filter((value) => value !== option.value));
    box.querySelector("input").focus(); // the button goes away
  };
  return html`<div class=${`select several ${list.isOpen ? "open" : ""} ${busy ? "busy" : ""}`} ref=${list.box}>
    <div class="chosen">
      ${chosen.map((option) => html`<span class="chip" key=${option.value}>${option.text.text}
        <button type="button" aria-label=${`Remove ${option.text.text}`} onClick=${remove(option)}>
          <${Icon} name="close" />
        </button>
      </span>`)}
      <input ...${field} ...${list.field} aria-label=${label} value=${list.search ?? ""} onKeyDown=${keys}
        placeholder=${chosen.length ? "" : element.placeholder?.text ?? "Choose options"} />
    </div>
    ${busy ? html`<span class="spinner" />` : html`<${Icon} name="chevron" />`}
    ${list.isOpen && html`<${OptionList} list=${list} label=${label} several pick=${pick}
      isChosen=${(option) => held.includes(option.value)} />`}
  </div>`;
}

const bare = ({ group, ...option }) => option;
