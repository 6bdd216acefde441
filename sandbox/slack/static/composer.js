// The field in which the acting person writes: Enter sends, Shift+Enter starts a line, @name becomes a mention.

import { html, useRef, useState } from "/static/vendor/preact-htm.js";
import * as api from "/static/api.js";
import { Icon } from "/static/icons.js";
import { nameOf, usePage } from "/static/state.js";

export function Composer({ channel, thread = null, label }) {
  const page = usePage();
  const [draft, write] = useState("");
  const [problem, complain] = useState(null);
  const sending = useRef(false);
  const silent = whySilent(page, channel);
  if (silent) return html`<p class="composer silent">${silent}</p>`;

  const send = async () => {
    const text = draft.trim();
    if (!text || sending.current) return;
    sending.current = true;
    try {
      const where = { channel: channel.id, ...(thread && { thread_ts: thread }) };
      await api.say({ user: page.place.as, ...where, text: asSlackWrites(page, text) });
      write("");
      complain(null);
    } catch (refusal) {
      complain(`Not sent: ${refusal.error ?? "the sandbox could not be reached"}.`);
    } finally {
      sending.current = false;
    }
  };
  const keys = (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  };
  const submit = (event) => {
    event.preventDefault();
    send();
  };
  const rows = Math.min(draft.split("\n").length, 8);
  return html`<form class="composer" onSubmit=${submit}>
    ${problem && html`<p class="trouble" role="alert"><${Icon} name="warning" /> ${problem}</p>`}
    <div class="composer-box">
      <textarea rows=${rows} value=${draft} aria-label=${`Message ${label}`}
        placeholder=${`Message ${label} as @${nameOf(page, page.place.as)}`}
        onInput=${(event) => write(event.currentTarget.value)} onKeyDown=${keys} />
      <button type="submit" class="quiet send" aria-label="Send message" disabled=${!draft.trim()}><${Icon} name="send" /></button>
    </div>
  </form>`;
}

/** Why the acting person cannot write in this channel; null if they can. */
export function whySilent(page, channel) {
  if (channel.is_archived) return `#${channel.name} is archived. It can still be read, and nobody can write here any more.`;
  if (channel.is_member === false) return `@${nameOf(page, page.place.as)} is not a member of #${channel.name}.`;
  return null;
}

/** Typed text as a Slack client sends it: the three control characters escaped, known @names as mentions. */
export function asSlackWrites(page, text) {
  const escaped = text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  return escaped.replace(/(^|[^\w@])@([a-z0-9._-]+)/gi, (whole, before, name) => {
    const person = page.people.find((candidate) => candidate.name === name.toLowerCase());
    return person ? `${before}<@${person.id}>` : whole;
  });
}
