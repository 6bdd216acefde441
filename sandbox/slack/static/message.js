// One message: its author, time and content, whether only its reader sees it, and the link to its thread.

import { html, useLayoutEffect, useRef, useState } from "/static/vendor/preact-htm.js";
import * as api from "/static/api.js";
import { Attachment, Blocks } from "/static/blocks.js";
import { whySilent } from "/static/composer.js";
import { clock, momentOf, wholeMoment } from "/static/dates.js";
import { LateTrouble } from "/static/elements.js";
import { Icon } from "/static/icons.js";
import { Avatar, Badge } from "/static/people.js";
import { channelOf, fullNameOf, personOf, usePage } from "/static/state.js";
import { Mrkdwn, spokenMrkdwn } from "/static/text.js";

const SUMMARY_LENGTH = 160;

export function Message({ message, replies, together = false, inThread = false }) {
  const page = usePage();
  const article = useKeepFocus();
  const person = personOf(page, message.user) ?? (message.bot_id ? { is_bot: true } : null);
  const gone = message.subtype === "tombstone"; // signed by Slackbot, who is not among the people
  const author = gone ? "Slackbot" : message.username || message.bot_profile?.name || fullNameOf(page, message.user);
  const pointedAt = message.ts === page.place.message;
  const date = momentOf(message.ts);
  const time = html`<time datetime=${date.toISOString()} title=${wholeMoment(date)}>${clock(date)}</time>`;
  const name = `${author}, ${clock(date)}${message.is_ephemeral ? ", only visible to you" : ""}: ${summary(page, message)}`;
  const look = ["message", message.is_ephemeral && "ephemeral", together && "together", pointedAt && "pointed-at"];
  // No live region here: announce.js announces every private reply already, and it must not be read twice.
  return html`<article ref=${article} class=${look.filter(Boolean).join(" ")}
    aria-label=${name} data-ts=${message.ts} tabindex="-1" aria-live=${message.is_ephemeral ? "off" : null}>
    <div class="gutter">${together ? time : html`<${Avatar} id=${message.user} />`}</div>
    <div class="body">
      ${pointedAt && html`<p class="only-you linked"><${Icon} name="link" /> You followed a link to this message</p>`}
      ${message.is_ephemeral && html`<${OnlyYou} message=${message} />`}
      ${!together && html`<p class="author"><b>${author}</b> <${Badge} person=${person} /> ${time}</p>`}
      <${Content} message=${message} />
      ${replies && html`<${ThreadLink} message=${message} replies=${replies} />`}
    </div>
    ${!inThread && !gone && !message.is_ephemeral && html`<${Actions} message=${message} />`}
  </article>`;
}

/** What a person can do with a message: reply in its thread, which starts one if there is none. */
function Actions({ message }) {
  const page = usePage();
  const channel = channelOf(page, page.place.channel);
  if (!channel || whySilent(page, channel)) return null;
  const reply = () => page.doing.go({ thread: message.thread_ts ?? message.ts });
  return html`<div class="message-actions">
    <button type="button" class="quiet reply" aria-label="Reply in thread" title="Reply in thread" onClick=${reply}>
      <${Icon} name="thread" />
    </button>
  </div>`;
}

/** The line above a private reply. Dismissed, the reply is gone for good, as in Slack. */
function OnlyYou({ message }) {
  const page = usePage();
  const [problem, complain] = useState(null);
  const dismiss = async (event) => {
    const list = event.currentTarget.closest(".messages");
    try {
      await api.dismiss({ as: page.place.as, channel: page.place.channel, ts: message.ts });
      list.focus({ preventScroll: true }); // the button that has the focus goes away
    } catch (refusal) {
      if (refusal.status !== 404) complain("The sandbox could not be reached."); // 404: dismissed in another window
    }
  };
  return html`<p class="only-you"><${Icon} name="eye" /> Only visible to you
    <button type="button" class="dismiss" onClick=${dismiss}>Dismiss</button>
    ${problem && html`<span role="alert">${problem}</span>`}
  </p>`;
}

function Content({ message }) {
  const when = message.edited && wholeMoment(momentOf(message.edited.ts));
  if (message.subtype === "tombstone") return html`<p class="gone">This message was deleted.</p>`;
  return html`<div class="content">
    ${message.blocks?.length
      ? html`<${Blocks} blocks=${message.blocks} surface=${message} />`
      : html`<${Mrkdwn} text=${message.text ?? ""} />`}
    ${message.attachments?.map((attachment) => html`<${Attachment} attachment=${attachment} surface=${message} />`)}
    <${LateTrouble} message=${message} />
    ${when && html`<span class="edited" title=${when}>(edited)</span>`}
  </div>`;
}

export const countReplies = (replies) => (replies.length === 1 ? "1 reply" : `${replies.length} replies`);

function ThreadLink({ message, replies }) {
  const page = usePage();
  const authors = [...new Set(replies.map((reply) => reply.user))].slice(0, 4);
  return html`<button type="button" class="thread-link" onClick=${() => page.doing.go({ thread: message.ts })}>
    ${authors.map((id) => html`<${Avatar} id=${id} size=${20} />`)}
    <b>${countReplies(replies)}</b> <span class="faint">Last at ${clock(momentOf(replies.at(-1).ts))}</span>
  </button>`;
}

// As in Slack, screen readers read the message's text instead of its blocks.
function summary(page, message) {
  const words = spokenMrkdwn(page, message.text ?? "");
  return words.length > SUMMARY_LENGTH ? `${words.slice(0, SUMMARY_LENGTH)}…` : words;
}

/** Focuses the message when its focused control is removed (the card settled): keyboard users keep their place. */
function useKeepFocus() {
  const article = useRef();
  const had = useRef(false);
  useLayoutEffect(() => {
    const box = article.current;
    const enter = () => {
      had.current = true;
    };
    const leave = (event) => {
      const next = event.relatedTarget; // null: the control is gone, or the window lost the focus
      if (next && !box.contains(next) && !next.closest("dialog, [role=dialog]")) had.current = false;
    };
    box.addEventListener("focusin", enter);
    box.addEventListener("focusout", leave);
  }, []);
  useLayoutEffect(() => {
    if (had.current && document.activeElement === document.body) article.current.focus({ preventScroll: true });
  });
  return article;
}
