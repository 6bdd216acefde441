// The list of messages: those of the channel and of its threads, the day headings, and scrolling with new messages.

import { html, useLayoutEffect, useRef, useState } from "/static/vendor/preact-htm.js";
import { samePlace } from "/static/address.js";
import { dayHeading, momentOf } from "/static/dates.js";
import { Message } from "/static/message.js";
import { nameOf, usePage } from "/static/state.js";

const SHOWN_AT_FIRST = 150;
const TOGETHER_SECONDS = 300;
const NEAR_END_PX = 80;

/** Replies by the ts of the message they answer. */
export function threadsOf(messages) {
  const threads = new Map();
  for (const message of messages.filter(isReply)) {
    threads.set(message.thread_ts, [...(threads.get(message.thread_ts) ?? []), message]);
  }
  return threads;
}

const isReply = (message) => Boolean(message.thread_ts) && message.thread_ts !== message.ts;

/** The messages of the channel itself, and the replies whose first message was deleted, since they have no thread. */
function inChannel(messages) {
  const roots = new Set(messages.filter((message) => !isReply(message)).map((message) => message.ts));
  return messages.filter(
    (message) => !isReply(message) || message.subtype === "thread_broadcast" || !roots.has(message.thread_ts),
  );
}

export function MessageList({ channel, title }) {
  const page = usePage();
  const [all, showAll] = useState(Boolean(page.place.message));
  const scroller = useScroll(page.place.message, page.shown);
  const here = inChannel(page.messages);
  const shown = all ? here : here.slice(-SHOWN_AT_FIRST);
  const hidden = here.length - shown.length;
  const ready = page.shown && samePlace(page.shown, page.place);
  return html`<div class="messages" ref=${scroller} role="log" aria-label=${`Messages in ${title}`} tabindex="0">
    <div class="messages-inner">
      ${hidden > 0 && html`<button type="button" class="earlier" onClick=${() => showAll(true)}>Show ${hidden} earlier messages</button>`}
      ${ready && hidden === 0 && html`<${Beginning} channel=${channel} title=${title} empty=${here.length === 0} />`}
      <${Dated} messages=${shown} threads=${threadsOf(page.messages)} />
    </div>
  </div>`;
}

/** The introduction above the first message. */
function Beginning({ channel, title, empty }) {
  const page = usePage();
  const begins = channel.is_im
    ? html`Only @${nameOf(page, channel.user)} and @${nameOf(page, page.place.as)} see this.`
    : html`This is the beginning of ${title}.`;
  const quiet = channel.is_archived ? "Nothing was written before it was archived." : "What is posted appears at once.";
  return html`<div class="beginning"><h3>${title}</h3><p>${begins} ${empty && quiet}</p></div>`;
}

/** Messages with a heading for each day; the author is not repeated for a message within five minutes of their last. */
export function Dated({ messages, threads, after = null }) {
  return messages.flatMap((message, index) => {
    const before = messages[index - 1] ?? after;
    const day = dayHeading(momentOf(message.ts));
    const newDay = !before || dayHeading(momentOf(before.ts)) !== day;
    const heading = newDay ? [html`<h3 class="day" key=${`day ${day}`}><span>${day}</span></h3>`] : [];
    const goesOn = index > 0 && !newDay && together(before, message);
    const replies = threads?.get(message.ts);
    return [...heading, html`<${Message} key=${message.ts} message=${message} replies=${replies} together=${goesOn}
      inThread=${!threads} />`];
  });
}

// As in Slack's client, an app's messages too; a private reply and the first message of a thread stand on their own.
function together(before, message) {
  const plain = [before, message].every((one) => !one.is_ephemeral && !isSpecial(one) && !one.reply_count);
  return plain && sameAuthor(before, message) && Number(message.ts) - Number(before.ts) < TOGETHER_SECONDS;
}

const isSpecial = ({ subtype }) => Boolean(subtype) && subtype !== "bot_message";
const sameAuthor = (one, other) =>
  ["user", "bot_id", "username"].every((name) => (one[name] ?? null) === (other[name] ?? null));

/** Scroll to new messages while the reader is at the end, not after they scrolled up; scroll to `target` once. */
export function useScroll(target = null, shown = null) {
  const scroller = useRef();
  const atEnd = useRef(!target);
  const found = useRef(null);
  useLayoutEffect(() => {
    const box = scroller.current;
    const stay = () => atEnd.current && box.scrollTo({ top: box.scrollHeight, behavior: "instant" });
    let top = 0;
    // Only a scroll upwards leaves the end: content may have grown between a scroll to the end and its event.
    const watch = () => {
      const near = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END_PX;
      if (near || box.scrollTop < top) atEnd.current = near;
      top = box.scrollTop;
    };
    const sizes = new ResizeObserver(stay);
    sizes.observe(box);
    sizes.observe(box.firstElementChild);
    box.addEventListener("scroll", watch, { passive: true });
    return () => {
      sizes.disconnect();
      box.removeEventListener("scroll", watch);
    };
  }, []);
  useLayoutEffect(() => {
    const message = target && found.current !== target && scroller.current.querySelector(`[data-ts="${CSS.escape(target)}"]`);
    if (!message) return;
    found.current = target;
    atEnd.current = false;
    message.scrollIntoView({ block: "center" });
    message.focus({ preventScroll: true });
  }, [target, shown]);
  return scroller;
}
