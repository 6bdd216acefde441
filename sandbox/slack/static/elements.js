// The elements of a block that can be clicked, and the warning beside them when a click failed.

import { html } from "/static/vendor/preact-htm.js";
import { controlName, elementsOf, isBusy } from "/static/clicks.js";
import { Icon } from "/static/icons.js";
import { Choices, Overflow, TextInput } from "/static/inputs.js";
import { Picture } from "/static/picture.js";
import { Select } from "/static/select.js";
import { usePage } from "/static/state.js";
import { isCut, Text } from "/static/text.js";

const BUTTON_LENGTH = 30; // characters of a button that Slack shows: its documentation says "about 30" of at most 75

export function Element({ element, block, message }) {
  switch (element.type) {
    case "button":
      return html`<${Button} element=${element} block=${block} message=${message} />`;
    case "static_select":
      return html`<${Select} element=${element} block=${block} message=${message} />`;
    case "plain_text_input":
      return html`<${TextInput} element=${element} block=${block} message=${message} />`;
    case "radio_buttons":
    case "checkboxes":
      return html`<${Choices} element=${element} block=${block} message=${message} />`;
    case "overflow":
      return html`<${Overflow} element=${element} block=${block} message=${message} />`;
    case "image":
      return html`<${Picture} element=${element} />`;
    default:
      return html`<span class="unsupported">The sandbox cannot draw a “${element.type}” yet.</span>`;
  }
}

/**
 * A button with a click in flight keeps the focus (aria-disabled, not disabled), so that a keyboard user keeps it too.
 * As in Slack, a click on a button with a URL both opens the URL and is sent to the app.
 */
function Button({ element, block, message }) {
  const page = usePage();
  if (element.visible_to_user_ids && !element.visible_to_user_ids.includes(page.place.as)) return null;
  const url = /^https?:/i.test(element.url ?? "") ? element.url : null;
  const busy = isBusy(page, { message, block, element });
  const press = async (event) => {
    if (url && (busy || element.confirm)) event.preventDefault(); // not before the person has confirmed
    const clicked = !busy && (await page.doing.click({ message, block, element }));
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
export function Trouble({ elements, block, message }) {
  const page = usePage();
  const clicks = elements.map((element) => page.clicks[controlName({ place: page.place, message, block, element })]);
  return warnings(clicks);
}

/** The errors of clicks on controls that the message no longer has, because its card settled meanwhile. */
export function LateTrouble({ message }) {
  const page = usePage();
  const { place } = page;
  const blocks = [message, ...(message.attachments ?? [])].flatMap((part) => part.blocks ?? []);
  const shown = blocks.flatMap((block) =>
    elementsOf(block).map((element) => controlName({ place, message, block, element })));
  const here = controlName({ place, message, block: {}, element: {} }).replace(/\/*$/, "/");
  const late = Object.entries(page.clicks).filter(([name]) => name.startsWith(here) && !shown.includes(name));
  return warnings(late.map(([, click]) => click));
}

const warnings = (clicks) =>
  clicks
    .filter((click) => click?.error)
    .map(({ error }) => html`<p class="trouble" role="alert"><${Icon} name="warning" /> ${error}</p>`);
