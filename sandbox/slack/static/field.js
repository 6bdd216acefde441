// An input block: the label, the hint and the error of one element, and how its control refers to them.

import { createContext, html, useContext, useId } from "/static/vendor/preact-htm.js";
import { Icon } from "/static/icons.js";
import { usePage } from "/static/state.js";
import { Text } from "/static/text.js";
import { errorsOf } from "/static/views.js";

const GROUPS = ["checkboxes", "radio_buttons"]; // several controls, none of which the label belongs to

const Field = createContext({});

/** The attributes of the control of an element: its name, what describes it, and whether its content is wrong. */
export function useField({ element, block }) {
  const label = block.label?.text ?? element.placeholder?.text ?? element.action_id;
  return { "aria-label": label, ...useContext(Field) };
}

export function InputBlock({ block, surface, children }) {
  const page = usePage();
  const id = useId();
  const error = errorsOf(page, surface)[block.block_id];
  const about = [error && `${id}-error`, block.hint && `${id}-hint`].filter(Boolean).join(" ");
  const label = html`<${Text} text=${block.label} />${block.optional && html` <span class="faint">(optional)</span>`}`;
  const field = {
    id,
    "aria-describedby": about || null,
    "aria-invalid": error ? "true" : null,
    "aria-required": surface.id && !block.optional && block.element.type !== "checkboxes" ? "true" : null,
  };
  return html`<div class=${`block-input ${error ? "wrong" : ""}`} data-block=${block.block_id}>
    ${GROUPS.includes(block.element.type)
      ? html`<span class="input-label">${label}</span>`
      : html`<label class="input-label" for=${id}>${label}</label>`}
    <${Field.Provider} value=${field}>${children}<//>
    ${error && html`<p class="trouble" id=${`${id}-error`}><${Icon} name="warning" /> <span>${error}</span></p>`}
    ${block.hint && html`<p class="faint" id=${`${id}-hint`}><${Text} text=${block.hint} /></p>`}
  </div>`;
}
