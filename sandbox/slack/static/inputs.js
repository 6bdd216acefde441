// Text fields, radio buttons and checkboxes, which hold what a person enters; and the overflow menu, which holds nothing.

import { html, useId, useRef, useState } from "/static/vendor/preact-htm.js";
import { isBusy, sends } from "/static/clicks.js";
import { heldIn } from "/static/entries.js";
import { useField } from "/static/field.js";
import { usePage } from "/static/state.js";
import { Text } from "/static/text.js";

const QUIET_MS = 400; // without a key before what was typed is sent, where every character is to be sent
const MAX_LENGTH = 3000;
const KEYBOARDS = { number_input: "decimal", email_text_input: "email", url_text_input: "url" };

/** A text field. With dispatch_action it is sent by Enter, or while it is typed, as the element asks. */
export function TextInput({ element, block, surface }) {
  const page = usePage();
  const field = useField({ element, block });
  const text = heldIn(page, { surface, block, element }) ?? "";
  const waiting = useRef();
  const asked = element.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
  const send = (value) => sends(block) && page.doing.click({ surface, block, element, value });
  const type = (value) => {
    page.doing.enter({ surface, block, element, value });
    clearTimeout(waiting.current);
    if (asked.includes("on_character_entered")) waiting.current = setTimeout(() => send(value), QUIET_MS);
  };
  const keys = (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.ctrlKey || event.metaKey || event.isComposing) return;
    if (!asked.includes("on_enter_pressed")) return;
    if (!element.multiline || sends(block)) event.preventDefault();
    send(event.currentTarget.value);
  };
  const look = {
    ...field,
    class: "text-input",
    value: text,
    placeholder: element.placeholder?.text,
    autocomplete: "off",
    // A modal counts and marks what is too long; a message has no place to say that the end of a text was cut off.
    ...(!surface.id && { maxLength: element.max_length ?? MAX_LENGTH }),
    onInput: (event) => type(event.currentTarget.value),
    onKeyDown: keys,
  };
  const isLong = element.multiline || element.type === "rich_text_input";
  const control = isLong
    ? html`<textarea rows="3" ...${look} />`
    : html`<input type="text" inputmode=${KEYBOARDS[element.type] ?? "text"} ...${look} />`;
  if (!surface.id || element.type !== "plain_text_input") return control;
  return html`<div class="counted">
    ${control}<${Counter} text=${text} limit=${element.max_length ?? MAX_LENGTH} />
  </div>`;
}

/** How many characters may still be typed, once few are left; negative for what is too much. */
function Counter({ text, limit }) {
  const left = limit - [...text].length;
  if (left > Math.max(10, Math.min(limit / 10, 100))) return null;
  return html`<span class=${`counter ${left < 0 ? "over" : ""}`}>
    ${left}<span class="unseen"> characters left</span>
  </span>`;
}

/** Radio buttons or checkboxes. */
export function Choices({ element, block, surface }) {
  const page = usePage();
  const name = useId();
  const { id, ...field } = useField({ element, block });
  const several = element.type === "checkboxes";
  const [sent, send] = useState(null); // shown while its click is in flight
  const chosen = sent ?? [heldIn(page, { surface, block, element }) ?? []].flat();
  const busy = isBusy(page, { surface, block, element });
  const pick = async (option, checked) => {
    const others = several ? chosen.filter((value) => value !== option.value) : [];
    const isNow = (one) => others.includes(one) || (checked && one === option.value);
    const now = element.options.map((one) => one.value).filter(isNow);
    const value = several ? now : now[0];
    const entry = { surface, block, element, value };
    if (!sends(block)) return page.doing.enter(entry);
    send(now);
    if (await page.doing.click({ ...entry, option })) page.doing.enter(entry);
    return send(null);
  };
  return html`<div class="choices" id=${id} role=${several ? "group" : "radiogroup"} ...${field}>
    ${element.options.map((option) => html`<label class="choice" key=${option.value}>
      <input type=${several ? "checkbox" : "radio"} name=${name} checked=${chosen.includes(option.value)} disabled=${busy}
        onChange=${(event) => pick(option, event.currentTarget.checked)} />
      <span><${Text} text=${option.text} />
        ${option.description && html`<span class="faint"><${Text} text=${option.description} /></span>`}</span>
    </label>`)}
  </div>`;
}

export function Overflow({ element, block, surface }) {
  const page = usePage();
  const menu = useRef();
  const pick = (option) => {
    menu.current.open = false;
    page.doing.click({ surface, block, element, option });
    if (/^https?:/i.test(option.url ?? "")) open(option.url, "_blank", "noopener,noreferrer");
  };
  const show = ({ currentTarget: { open, lastElementChild } }) => open && lastElementChild.scrollIntoView({ block: "nearest" });
  return html`<details class="overflow" ref=${menu} onToggle=${show}>
    <summary class="button" aria-label="More actions">⋯</summary>
    <ul>${element.options.map((option) => html`<li key=${option.value}>
      <button type="button" onClick=${() => pick(option)}><${Text} text=${option.text} /></button>
    </li>`)}</ul>
  </details>`;
}
