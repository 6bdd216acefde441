// The pickers of a date, a time or a moment, as the browser has them; and the file input, which stays empty here.

import { html } from "/static/vendor/preact-htm.js";
import { isBusy } from "/static/clicks.js";
import { heldIn } from "/static/entries.js";
import { useField } from "/static/field.js";
import { usePage } from "/static/state.js";

const TYPES = { datepicker: "date", timepicker: "time", datetimepicker: "datetime-local" };

/** A picker. Slack's moment is a number of seconds; it is shown in the time zone of the browser. */
export function Picker({ element, block, surface }) {
  const page = usePage();
  const field = useField({ element, block });
  const held = heldIn(page, { surface, block, element });
  const isMoment = element.type === "datetimepicker";
  const pick = (event) => {
    const given = event.currentTarget.value || null;
    const value = isMoment && given ? String(Math.floor(new Date(given).getTime() / 1000)) : given;
    page.doing.use({ surface, block, element, value });
  };
  return html`<input class="text-input picker" type=${TYPES[element.type]} ...${field}
    value=${(isMoment && held ? localMoment(held) : held) ?? ""} disabled=${isBusy(page, { surface, block, element })}
    onChange=${pick} />`;
}

function localMoment(seconds) {
  const date = new Date(Number(seconds) * 1000);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

export function FileInput({ element, block }) {
  const { id, ...field } = useField({ element, block });
  return html`<button type="button" id=${id} class="button" aria-disabled="true" ...${field}>
    Files cannot be attached here
  </button>`;
}
