// The frame of the page: sidebar, open channel with its composer, open thread, bench; the modal and the confirmation on top.

import { html, useEffect } from "/static/vendor/preact-htm.js";
import { Announcer } from "/static/announce.js";
import { Bench, BenchButton } from "/static/bench.js";
import { Composer } from "/static/composer.js";
import { Confirmation } from "/static/confirm.js";
import { Icon } from "/static/icons.js";
import { LastClick } from "/static/inspector.js";
import { MessageList } from "/static/messages.js";
import { Modals } from "/static/modal.js";
import { Badge } from "/static/people.js";
import { Sidebar } from "/static/sidebar.js";
import { channelOf, channelTitle, fullNameOf, personOf, usePage } from "/static/state.js";
import { Thread } from "/static/thread.js";
import { topView } from "/static/views.js";

export function Workspace() {
  const page = usePage();
  const channel = channelOf(page, page.place.channel);
  const title = channelTitle(page, channel);
  useEffect(() => {
    document.title = `${title ? `${title} · ` : ""}Sandbox – not Slack`;
  }, [title]);
  const isCovered = Boolean(page.drawer || topView(page) || (page.narrow && (page.bench || page.place.thread)));
  const keys = (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || page.confirmation) return;
    if (page.drawer) page.doing.showDrawer(false);
    else if (page.bench && event.target.closest("#bench, .ribbon")) page.doing.showBench(null);
    else if (topView(page)) return; // it covers the rest, and closes itself
    else if (page.place.thread) page.doing.go({ thread: null });
    else if (page.bench) page.doing.showBench(null);
  };
  const look = ["workspace", page.place.thread && "with-thread", page.bench && "with-bench"].filter(Boolean).join(" ");
  return html`<div class=${look} onKeyDown=${keys}>
    <header class="ribbon">
      <h1>Sandbox – not Slack</h1> <span>A stand-in on this computer, for trying things out.</span>
      <${BenchButton} />
    </header>
    <${Announcer} />
    ${!page.connected && html`<p class="ribbon lost" role="alert">The sandbox is not running. This page goes on when it is back.</p>`}
    <${Modals} />
    <${Sidebar} />
    ${page.drawer && html`<div class="backdrop" onClick=${() => page.doing.showDrawer(false)} />`}
    <main aria-label=${title} inert=${isCovered}>
      <${ChannelHeader} channel=${channel} title=${title} />
      ${channel ? html`<${Conversation} channel=${channel} title=${title} />` : html`<${Nowhere} />`}
      <${LastClick} />
    </main>
    ${channel && page.place.thread && html`<${Thread} key=${page.place.thread} channel=${channel} />`}
    <${Bench} />
    ${page.confirmation && html`<${Confirmation} confirmation=${page.confirmation} />`}
  </div>`;
}

function ChannelHeader({ channel, title }) {
  const page = usePage();
  const news = (page.unread[page.place.as]?.size ?? 0) > 0;
  return html`<header class="channel-header">
    <button type="button" class="quiet menu" aria-label="Channels and people" aria-controls="sidebar"
      aria-expanded=${String(page.drawer)} onClick=${() => page.doing.showDrawer(!page.drawer)}>
      <${Icon} name="menu" />${news && html`<span class="dot" />`}
    </button>
    <h2>${title || (page.shown ? "Nothing to see" : "…")}</h2>
    ${channel?.is_im && html`<${Badge} person=${personOf(page, channel.user)} />`}
    ${channel?.is_private && !channel.is_im && html`<span class="badge outside">private</span>`}
    ${channel?.is_archived && html`<span class="badge outside">archived</span>`}
  </header>`;
}

function Conversation({ channel, title }) {
  const page = usePage();
  const place = `${page.place.as}/${channel.id}`;
  return html`<${MessageList} key=${place} channel=${channel} title=${title} />
    <${Composer} key=${`say/${place}`} channel=${channel} label=${title} />`;
}

/** Shown when the acting person cannot see the channel: a direct message of others, a private channel, a wrong link. */
function Nowhere() {
  const page = usePage();
  if (!page.shown) return html`<div class="nowhere" aria-busy="true" />`;
  const known = personOf(page, page.place.as);
  return html`<div class="nowhere">
    <h3>${fullNameOf(page, page.place.as)} ${known ? "cannot see this conversation" : "is nobody here"}</h3>
    <p>It is private, or it does not exist. Choose another, or act as somebody else.</p>
  </div>`;
}
