// Elements that hold what a person enters: text fields, radio buttons, checkboxes; and the overflow menu, which holds nothing.

import { html, useId, useRef, useState } from "/static/vendor/preact-htm.js";
import { enteredIn, isBusy, sends } from "/static/clicks.js";
import { usePage } from "/static/state.js";
import { Text } from "/static/text.js";

const QUIET_MS = 400; // without a key before what was typed is sent, where every character is to be sent

/** An input block: the label and the hint of one element. */
export function InputBlock({ block, children }) {
  const label = html`<${Text} text=${block.label} />${block.optional && html` <span class="faint">(optional)</span>`}`;
  const isText = block.element.type === "plain_text_input";
  return html`<div class="block-input">
    ${isText
      ? html`<label><span class="input-label">${label}</span>${children}</label>`
      : html`<span class="input-label">${label}</span>${children}`}
    ${block.hint && html`<p class="faint"><${Text} text=${block.hint} /></p>`}
  </div>`;
}

/** A text field. With dispatch_action it is sent by Enter, or while it is typed, as the element asks. */
export function TextInput({ element, block, message }) {
  const page = usePage();
  const before = enteredIn(page, { message, block, element });
  const [text, write] = useState(before === undefined ? (element.initial_value ?? "") : (before ?? ""));
  const waiting = useRef();
  const asked = element.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
  const send = (value) => sends(block) && page.doing.click({ message, block, element, value });
  const type = (value) => {
    write(value);
    page.doing.enter({ message, block, element, value });
    clearTimeout(waiting.current);
    if (asked.includes("on_character_entered")) waiting.current = setTimeout(() => send(value), QUIET_MS);
  };
  const keys = (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || !asked.includes("on_enter_pressed")) return;
    if (!element.multiline || sends(block)) event.preventDefault();
    send(event.currentTarget.value);
  };
  const look = {
    class: "text-input",
    value: text,
    placeholder: element.placeholder?.text,
    "aria-label": block.label?.text ?? element.placeholder?.text ?? element.action_id,
    minLength: element.min_length,
    maxLength: element.max_length ?? 3000,
    onInput: (event) => type(event.currentTarget.value),
    onKeyDown: keys,
  };
  return element.multiline ? html`<textarea rows="3" ...${look} />` : html`<input type="text" ...${look} />`;
}

/** Radio buttons or checkboxes. */
export function Choices({ element, block, message }) {
  const page = usePage();
  const name = useId();
  const several = element.type === "checkboxes";
  const initial = several ? (element.initial_options ?? []) : [element.initial_option].filter(Boolean);
  const entered = enteredIn(page, { message, block, element });
  const [chosen, choose] = useState(entered === undefined ? initial.map((option) => option.value) : [entered ?? []].flat());
  const busy = isBusy(page, { message, block, element });
  const pick = async (option, checked) => {
    const others = several ? chosen.filter((value) => value !== option.value) : [];
    const before = chosen;
    const now = element.options.map((one) => one.value).filter((one) => others.includes(one) || (checked && one === option.value));
    choose(now);
    const value = several ? now : now[0];
    if (!sends(block) || (await page.doing.click({ message, block, element, value, option }))) {
      page.doing.enter({ message, block, element, value });
    } else choose(before);
  };
  return html`<div class="choices" role=${several ? "group" : "radiogroup"} aria-label=${block.label?.text ?? element.action_id}>
    ${element.options.map((option) => html`<label class="choice" key=${option.value}>
      <input type=${several ? "checkbox" : "radio"} name=${name} checked=${chosen.includes(option.value)} disabled=${busy}
        onChange=${(event) => pick(option, event.currentTarget.checked)} />
      <span><${Text} text=${option.text} />
        ${option.description && html`<span class="faint"><${Text} text=${option.description} /></span>`}</span>
    </label>`)}
  </div>`;
}

export function Overflow({ element, block, message }) {
  const page = usePage();
  const menu = useRef();
  const pick = (option) => {
    menu.current.open = false;
    page.doing.click({ message, block, element, option });
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
