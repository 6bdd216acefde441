// The sidebar: the name of the page, the choice of the acting person, and the channels and direct messages they see.

import { html, useEffect, useRef } from "/static/vendor/preact-htm.js";
import { HOME, writeAddress } from "/static/address.js";
import { Icon } from "/static/icons.js";
import { Avatar, Badge, describe } from "/static/people.js";
import { fullNameOf, humansOf, personOf, usePage } from "/static/state.js";
import { topView } from "/static/views.js";

export function Sidebar() {
  const page = usePage();
  const channels = page.channels.filter((channel) => !channel.is_im);
  const direct = page.channels.filter((channel) => channel.is_im);
  const side = useRef();
  useEffect(() => {
    if (page.drawer) side.current.querySelector("[aria-current], a")?.focus();
    else if (side.current.contains(document.activeElement)) focusMenu();
  }, [page.drawer, channels.length > 0]); // also once the channels are there, if the person was faster
  return html`<nav id="sidebar" class=${page.drawer ? "open" : ""} aria-label="Workspace" ref=${side}
    inert=${Boolean(topView(page))}>
    <p class="workspace-name"><b>Sandbox</b> <span class="not-slack">not Slack</span></p>
    <${ActingAs} />
    <div class="channel-lists">
      <${ChannelList} title="Channels" channels=${channels} />
      <${ChannelList} title="Direct messages" channels=${direct} empty="None yet. One opens when somebody writes." />
    </div>
    <p class="sidebar-note">Everything here stays on this computer.</p>
  </nav>`;
}

// On a narrow screen a closing sidebar may hold the focus, which then returns to the button that opened the sidebar.
const focusMenu = () => document.querySelector("[aria-controls=sidebar]")?.focus();

function ActingAs() {
  const page = usePage();
  const person = personOf(page, page.place.as);
  const humans = humansOf(page.people);
  const act = (id) => page.doing.go({ as: id, ...landing(page, id) });
  return html`<section class="acting-as" aria-label="Acting as">
    <p class="caption" id="acting-as">Acting as</p>
    ${person && html`<${Actor} person=${person} />`}
    <div class="persons" role="radiogroup" aria-labelledby="acting-as" onKeyDown=${arrowKeys}>
      ${humans.map((human) => html`<${PersonSwitch} key=${human.id} human=${human} act=${act} />`)}
    </div>
  </section>`;
}

const Actor = ({ person }) => html`<p class="actor">
  <b>${person.real_name || person.name}</b> <span>@${person.name}</span> <${Badge} person=${person} />
</p>`;

function PersonSwitch({ human, act }) {
  const page = usePage();
  const current = human.id === page.place.as;
  const fresh = [...(page.unread[human.id]?.values() ?? [])].includes(true);
  return html`<button
    type="button" role="radio" class="person" title=${describe(human)} tabindex=${current ? 0 : -1}
    aria-checked=${String(current)} aria-label=${describe(human) + (fresh ? ", has a new direct message" : "")}
    onClick=${() => act(human.id)}
  >
    <${Avatar} id=${human.id} size=${32} />
    ${fresh && !current && html`<span class="dot" />`}
  </button>`;
}

// If the new person does not see the open channel, the page opens the usual channel, or the first one the person sees.
function landing(page, id) {
  const seen = (page.seen[id] ?? []).map((channel) => channel.id);
  if (seen.includes(page.place.channel)) return {};
  return { channel: seen.includes(HOME.channel) ? HOME.channel : (seen[0] ?? HOME.channel), thread: null };
}

function arrowKeys(event) {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const all = [...event.currentTarget.querySelectorAll("[role=radio]")];
  const next = all.at((all.indexOf(document.activeElement) + step) % all.length);
  next.focus();
  next.click();
}

function ChannelList({ title, channels, empty }) {
  const page = usePage();
  return html`<section aria-label=${title}>
    <h2 class="caption">${title}</h2>
    ${channels.length === 0 && empty && html`<p class="empty">${empty}</p>`}
    <ul>${channels.map((channel) => html`<li key=${channel.id}><${ChannelLink} page=${page} channel=${channel} /></li>`)}</ul>
  </section>`;
}

function ChannelLink({ page, channel }) {
  const { as } = page.place;
  const current = channel.id === page.place.channel;
  const fresh = page.unread[as]?.has(channel.id) && !current;
  const name = channel.is_im ? fullNameOf(page, channel.user) : channel.name;
  const icon = channel.is_archived ? "archive" : channel.is_private ? "lock" : "hash";
  const look = `channel ${fresh ? "fresh" : ""} ${channel.is_member === false ? "not-in" : ""}`;
  return html`<a href=${writeAddress({ as, channel: channel.id })} class=${look}
    aria-current=${current ? "page" : null} onClick=${() => current && page.doing.showDrawer(false)}>
    ${channel.is_im ? html`<${Avatar} id=${channel.user} size=${20} />` : html`<${Icon} name=${icon} />`}
    <span class="channel-name">${name}</span>
    ${channel.is_im && html`<${Badge} person=${personOf(page, channel.user)} />`}
    ${fresh && html`${channel.is_im && html`<span class="dot" />`}<span class="unseen">, unread</span>`}
  </a>`;
}
