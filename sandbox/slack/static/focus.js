// Keeps the keyboard focus inside a dialog, and returns it when the dialog is gone.

import { useLayoutEffect, useRef } from "/static/vendor/preact-htm.js";

const STOPS = "button:not(:disabled), a[href], input:not(:disabled), textarea:not(:disabled), summary";

/** For `onKeyDown`: Tab goes from the last control of the dialog to the first, and back. */
export function keepInside(event) {
  if (event.key !== "Tab") return;
  const stops = [...event.currentTarget.querySelectorAll(STOPS)];
  const edge = event.shiftKey ? stops.at(0) : stops.at(-1);
  const [dialog, now] = [event.currentTarget, document.activeElement];
  if (now !== edge && now !== dialog && dialog.contains(now)) return;
  event.preventDefault();
  (event.shiftKey ? stops.at(-1) : stops.at(0)).focus();
}

/**
 * Remember the element that has the focus when `isOpen` becomes true, and return the focus when it becomes false: to
 * that element, or if a card has lost it meanwhile to its message.
 */
export function useReturnedFocus(isOpen) {
  const opener = useRef(null);
  // While rendering: as soon as the rest of the page is inert, nothing in it has the focus any more.
  if (isOpen && !opener.current) {
    const element = document.activeElement;
    opener.current = [element, element.closest("article"), ...document.querySelectorAll("main .messages")];
  }
  useLayoutEffect(() => {
    if (isOpen || !opener.current) return;
    const [target] = opener.current.filter((element) => element?.isConnected && element !== document.body);
    opener.current = null;
    // Not if the person has moved the focus meanwhile; the message may have taken it for its lost button.
    requestAnimationFrame(() => document.activeElement.contains(target) && target.focus({ preventScroll: true }));
  }, [isOpen]);
}
