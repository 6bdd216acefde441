// A person on the page: the square with their initials, their name, and the badges APP, guest and outside.

import { html } from "/static/vendor/preact-htm.js";
import { fullNameOf, personOf, usePage } from "/static/state.js";

const GREY = "#616a75";
const READABLE = 4.5; // to one
const BRIDGE = "M5 22h22M9 22v-9M23 22v-9M9 13c2.6 6 11.4 6 14 0M13 22v-5.4M19 22v-5.4";

/** A person's square with initials. Decorative: their name is always beside it. */
export function Avatar({ id, size = 36 }) {
  const page = usePage();
  const person = personOf(page, id);
  return html`<svg class="avatar" width=${size} height=${size} viewBox="0 0 32 32" aria-hidden="true">
    <rect width="32" height="32" rx="6" fill=${colorOf(person)} />
    ${person?.is_bot
      ? html`<path d=${BRIDGE} fill="none" stroke="#fff" stroke-width="1.8" stroke-linecap="round" />`
      : html`<text x="16" y="21" text-anchor="middle">${initials(fullNameOf(page, id))}</text>`}
  </svg>`;
}

export function initials(name) {
  const words = name.match(/[\p{L}\p{N}]+/gu) ?? ["?"];
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return letters.map((word) => [...word][0].toUpperCase()).join("");
}

// Slack writes colours without the "#". One too light for white initials is darkened until its contrast is READABLE.
function colorOf(person) {
  const color = String(person?.color ?? "").replace(/^#/, "");
  if (!/^[0-9a-f]{6}$/i.test(color)) return GREY;
  let rgb = [0, 2, 4].map((start) => Number.parseInt(color.slice(start, start + 2), 16));
  while (contrastWithWhite(rgb) < READABLE) rgb = rgb.map((part) => Math.floor(part * 0.95));
  return `rgb(${rgb.join(" ")})`;
}

/** The contrast ratio to white, as WCAG 2 defines it. */
function contrastWithWhite(rgb) {
  const linear = rgb.map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  const luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  return 1.05 / (luminance + 0.05);
}

/** The badge APP, guest, outside or deactivated, which a reader must know about the author of a message. */
export function Badge({ person }) {
  if (!person) return null;
  if (person.is_deleted) return html`<span class="badge outside" title="This account was deactivated">deactivated</span>`;
  if (person.is_bot) return html`<span class="badge">APP</span>`;
  if (person.is_stranger) return html`<span class="badge outside" title="From another organization">outside</span>`;
  if (person.is_guest) return html`<span class="badge outside" title="Guest: sees only some channels">guest</span>`;
  return null;
}

/** One line that describes a person, for tooltips and accessible names. */
export function describe(person) {
  const mark = person.is_stranger ? ", from another organization" : person.is_guest ? ", guest" : "";
  return `${person.real_name || person.name} (@${person.name}${mark})`;
}
