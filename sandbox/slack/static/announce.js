// Knows what is said aloud to whoever cannot see it appear: a new private reply, wherever it stands.

import { html, useEffect, useRef, useState } from "/static/vendor/preact-htm.js";
import { samePlace } from "/static/address.js";
import { usePage } from "/static/state.js";
import { spokenMrkdwn } from "/static/text.js";

/** A polite live region. What was there when the reader came is not news. */
export function Announcer() {
  const page = usePage();
  const [said, say] = useState("");
  const heard = useRef(null); // {place, last}: how far the reader of this place has been told
  const { place, shown, messages } = page;
  useEffect(() => {
    if (!shown || !samePlace(shown, place)) return;
    const here = `${place.as} ${place.channel}`;
    const last = messages.reduce((latest, { ts }) => Math.max(latest, Number(ts)), 0);
    const before = heard.current?.here === here ? heard.current.last : last;
    heard.current = { here, last };
    const news = messages.filter((message) => message.is_ephemeral && Number(message.ts) > before);
    if (news.length) say(news.map((message) => `Private reply: ${spokenMrkdwn(page, message.text ?? "")}`).join(" "));
  }, [messages, shown]);
  return html`<p class="unseen" role="status" aria-label="New private replies">${said}</p>`;
}
