// Knows the confirmation dialog: it holds the keyboard until it is answered; Esc and a click outside mean no.

import { html, useId, useLayoutEffect, useRef } from "/static/vendor/preact-htm.js";
import { Text } from "/static/text.js";

export function Confirmation({ question: { confirm, answer } }) {
  const dialog = useRef();
  const agreed = useRef(false);
  const id = useId();
  useLayoutEffect(() => dialog.current.showModal(), []);
  // However it is closed, closing answers; and the browser gives the focus back to the control that asked.
  const agree = () => {
    agreed.current = true;
    dialog.current.close();
  };
  const outside = (event) => event.target === dialog.current && dialog.current.close();
  return html`<dialog ref=${dialog} role="alertdialog" aria-labelledby=${`${id}-title`} aria-describedby=${`${id}-text`}
    onClose=${() => answer(agreed.current)} onClick=${outside} onKeyDown=${keepInside}>
    <div class="dialog-body">
      <h2 id=${`${id}-title`}><${Text} text=${confirm.title} /></h2>
      <div id=${`${id}-text`} class="content"><${Text} text=${confirm.text} /></div>
      <div class="dialog-buttons">
        <button type="button" class="button" autofocus onClick=${() => dialog.current.close()}>
          <${Text} text=${confirm.deny} />
        </button>
        <button type="button" class=${`button ${confirm.style === "danger" ? "danger" : "primary"}`} onClick=${agree}>
          <${Text} text=${confirm.confirm} />
        </button>
      </div>
    </div>
  </dialog>`;
}

// A modal dialog lets Tab wander to the browser's own buttons; here it goes round.
function keepInside(event) {
  if (event.key !== "Tab") return;
  const stops = [...event.currentTarget.querySelectorAll("button, a[href]")];
  const edge = event.shiftKey ? stops.at(0) : stops.at(-1);
  if (document.activeElement !== edge && stops.includes(document.activeElement)) return;
  event.preventDefault();
  (event.shiftKey ? stops.at(-1) : stops.at(0)).focus();
}
