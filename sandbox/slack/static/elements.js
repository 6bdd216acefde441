// The elements of a block that can be clicked, and the warning beside them when a click failed.

import { html } from "/static/vendor/preact-htm.js";
import { controlName, isBusy } from "/static/clicks.js";
import { elementsOf } from "/static/entries.js";
import { Icon } from "/static/icons.js";
import { Choices, Overflow, TextInput } from "/static/inputs.js";
import { FileInput, Picker } from "/static/pickers.js";
import { Picture } from "/static/picture.js";
import { MultiSelect, Select } from "/static/select.js";
import { usePage } from "/static/state.js";
import { isCut, Text } from "/static/text.js";

const BUTTON_LENGTH = 30; // characters of a button that Slack shows: its documentation says "about 30" of at most 75

const DRAWN = {
  button: Button,
  static_select: Select,
  users_select: Select,
  channels_select: Select,
  conversations_select: Select,
  multi_static_select: MultiSelect,
  multi_users_select: MultiSelect,
  multi_channels_select: MultiSelect,
  multi_conversations_select: MultiSelect,
  plain_text_input: TextInput,
  number_input: TextInput,
  email_text_input: TextInput,
  url_text_input: TextInput,
  rich_text_input: TextInput,
  radio_buttons: Choices,
  checkboxes: Choices,
  datepicker: Picker,
  timepicker: Picker,
  datetimepicker: Picker,
  file_input: FileInput,
  overflow: Overflow,
  image: Picture,
};

/** An element of a block; `surface` is the message or the view that has the block. */
export function Element({ element, block, surface }) {
  const drawn = Object.hasOwn(DRAWN, element.type) ? DRAWN[element.type] : null;
  if (!drawn) return html`<span class="unsupported">The sandbox cannot draw a “${element.type}” yet.</span>`;
  return html`<${drawn} element=${element} block=${block} surface=${surface} />`;
}

/**
 * A button with a click in flight keeps the focus (aria-disabled, not disabled), so that a keyboard user keeps it too.
 * As in Slack, a click on a button with a URL both opens the URL and is sent to the app.
 */
function Button({ element, block, surface }) {
  const page = usePage();
  if (element.visible_to_user_ids && !element.visible_to_user_ids.includes(page.place.as)) return null;
  const url = /^https?:/i.test(element.url ?? "") ? element.url : null;
  const busy = isBusy(page, { surface, block, element });
  const press = async (event) => {
    if (url && (busy || element.confirm)) event.preventDefault(); // not before the person has confirmed
    const clicked = !busy && (await page.doing.click({ surface, block, element }));
    if (clicked && url && element.confirm) open(url, "_blank", "noopener,noreferrer");
  };
  const look = {
    class: `button ${element.style ?? ""} ${busy ? "busy" : ""}`,
    "aria-busy": busy ? "true" : null,
    "aria-disabled": busy ? "true" : null,
    "aria-label": element.accessibility_label ?? (isCut(element.text, BUTTON_LENGTH) ? element.text.text : null),
    onClick: press,
  };
  const face = html`<span class="face"><${Text} text=${element.text} limit=${BUTTON_LENGTH} /></span>${busy && html`<span class="spinner" />`}`;
  if (!url) return html`<button type="button" ...${look}>${face}</button>`;
  return html`<a ...${look} href=${url} target="_blank" rel="noopener noreferrer">${face}<${Icon} name="external" /></a>`;
}

/** The errors of the latest clicks on these elements. */
export function Trouble({ elements, block, surface }) {
  const page = usePage();
  const clicks = elements.map((element) => page.clicks[controlName({ place: page.place, surface, block, element })]);
  return warnings(clicks);
}

/** The errors of clicks on controls that the message no longer has, because its card settled meanwhile. */
export function LateTrouble({ message }) {
  const page = usePage();
  const { place } = page;
  const blocks = [message, ...(message.attachments ?? [])].flatMap((part) => part.blocks ?? []);
  const shown = blocks.flatMap((block) =>
    elementsOf(block).map((element) => controlName({ place, surface: message, block, element })));
  const here = controlName({ place, surface: message, block: {}, element: {} }).replace(/\/*$/, "/");
  const late = Object.entries(page.clicks).filter(([name]) => name.startsWith(here) && !shown.includes(name));
  return warnings(late.map(([, click]) => click));
}

const warnings = (clicks) =>
  clicks
    .filter((click) => click?.error)
    .map(({ error }) => html`<p class="trouble" role="alert"><${Icon} name="warning" /> ${error}</p>`);
