// Announces new private replies to screen readers, wherever on the page they appear.

import { html, useEffect, useRef, useState } from "/static/vendor/preact-htm.js";
import { samePlace } from "/static/address.js";
import { usePage } from "/static/state.js";
import { spokenMrkdwn } from "/static/text.js";

/** A polite live region. Replies that existed when the person opened the channel are not announced. */
export function Announcer() {
  const page = usePage();
  const [announcement, announce] = useState("");
  const announced = useRef(null); // {here, last}: the ts of the last message in this channel that needs no announcement
  const { place, shown, messages } = page;
  useEffect(() => {
    if (!shown || !samePlace(shown, place)) return;
    const here = `${place.as} ${place.channel}`;
    const last = messages.reduce((latest, { ts }) => Math.max(latest, Number(ts)), 0);
    const before = announced.current?.here === here ? announced.current.last : last;
    announced.current = { here, last };
    const news = messages.filter((message) => message.is_ephemeral && Number(message.ts) > before);
    const words = news.map((message) => `Private reply: ${spokenMrkdwn(page, message.text ?? "")}`);
    if (words.length) announce(words.join(" "));
  }, [messages, shown]);
  return html`<p class="unseen" role="status" aria-label="New private replies">${announcement}</p>`;
}
