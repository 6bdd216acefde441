// The page's icons. All are decorative: the text beside them has the same meaning.

import { html } from "/static/vendor/preact-htm.js";

const PATHS = {
  hash: "M6.5 2.5 5 13.5M11 2.5 9.5 13.5M3 6h10.5M2.5 10H13",
  lock: "M4 7.5h8v6H4zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5",
  archive: "M2.5 3h11v3h-11zM3.5 6v7h9V6M6.5 9h3",
  menu: "M2.5 4h11M2.5 8h11M2.5 12h11",
  close: "M4 4l8 8M12 4l-8 8",
  send: "M2.5 3 14 8 2.5 13 4.5 8zM4.5 8H9",
  eye: "M1.5 8S4 3.8 8 3.8 14.5 8 14.5 8 12 12.2 8 12.2 1.5 8 1.5 8zM8 6.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6",
  warning: "M8 2.2 14.5 13.5H1.5zM8 6.5v3.2M8 11.4v.4",
  chevron: "M4.5 6.5 8 10l3.5-3.5",
  check: "M3.5 8.5 6.5 11.5 12.5 5",
  thread: "M2.5 3.5h11v7.5H7.5L4.5 13.5V11h-2zM5.5 6.2h5M5.5 8.4h3",
  link: "M6.5 9.5 9.5 6.5M7 4.5l1-1a3 3 0 0 1 4.5 4.5l-1 1M9 11.5l-1 1A3 3 0 0 1 3.5 8l1-1",
  external: "M6.5 3.5h-3v9h9v-3M9 3h4v4M13 3 7.5 8.5",
};

export const Icon = ({ name }) => html`<svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
  <path d=${PATHS[name]} fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round" />
</svg>`;
