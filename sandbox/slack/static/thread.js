// The panel of one thread: the first message, its replies, and a composer for replies.

import { html, useLayoutEffect, useRef } from "/static/vendor/preact-htm.js";
import { Composer } from "/static/composer.js";
import { Icon } from "/static/icons.js";
import { countReplies, Message } from "/static/message.js";
import { Dated, threadsOf, useScroll } from "/static/messages.js";
import { channelTitle, usePage } from "/static/state.js";
import { topView } from "/static/views.js";

// What opens a thread: the link with its replies, or without replies the button of its first message.
const opener = (thread) => {
  const message = document.querySelector(`main [data-ts="${CSS.escape(thread)}"]`);
  return message?.querySelector(".thread-link") ?? message?.querySelector(".reply");
};

export function Thread({ channel }) {
  const page = usePage();
  const { thread } = page.place;
  const scroller = useScroll(page.place.message, page.shown);
  const root = page.messages.find((message) => message.ts === thread);
  const replies = threadsOf(page.messages).get(thread) ?? [];
  const close = () => page.doing.go({ thread: null });
  const isCovered = Boolean(topView(page) || (page.narrow && page.bench));
  const panel = useRef();
  useLayoutEffect(() => { // at once: a moment later the person may have moved the focus
    const aside = panel.current;
    if (root && replies.length === 0) aside.querySelector("textarea")?.focus(); // the person starts this thread
    else if (page.narrow) aside.focus(); // the panel covers the element that had the focus
    return () => {
      if (!aside.contains(document.activeElement)) return; // the focus was outside the panel, and stays there
      requestAnimationFrame(() => opener(thread)?.focus()); // uncovered by then
    };
  }, []);
  return html`<aside class="thread" aria-label="Thread" tabindex="-1" inert=${isCovered} ref=${panel}>
    <header class="channel-header">
      <h2>Thread <span class="faint">${channelTitle(page, channel)}</span></h2>
      <button type="button" class="quiet" aria-label="Close thread" onClick=${close}><${Icon} name="close" /></button>
    </header>
    <div class="messages" ref=${scroller} role="log" aria-label="Messages in this thread" tabindex="0">
      <div class="messages-inner">
        ${root && html`<${Message} key=${root.ts} message=${root} inThread />`}
        ${!root && page.shown && html`<p class="empty">The first message of this thread is gone.</p>`}
        ${replies.length > 0 && html`<p class="reply-count">${countReplies(replies)}</p>`}
        <${Dated} messages=${replies} after=${root} />
      </div>
    </div>
    <${Composer} channel=${channel} thread=${thread} label="the thread" />
  </aside>`;
}
