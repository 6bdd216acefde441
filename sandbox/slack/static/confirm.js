// The confirmation dialog: it keeps the keyboard focus until it is answered; Esc and a click outside mean no.

import { html, useId, useLayoutEffect, useRef } from "/static/vendor/preact-htm.js";
import { keepInside } from "/static/focus.js";
import { Text } from "/static/text.js";

export function Confirmation({ confirmation: { confirm, answer } }) {
  const dialog = useRef();
  const agreed = useRef(false);
  const id = useId();
  useLayoutEffect(() => dialog.current.showModal(), []);
  // Closing the dialog in any way answers it, and the browser returns the focus to the control that opened it.
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
