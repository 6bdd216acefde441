// Knows the page's address: `#as=U0ANA&channel=C0APPROVALS[&thread=ts][&message=ts]` says who looks at what, to be shared.

export const HOME = { as: "U0ANA", channel: "C0APPROVALS", thread: null, message: null };

export function readAddress(fragment) {
  const named = new URLSearchParams(fragment.replace(/^#/, ""));
  return Object.fromEntries(Object.keys(HOME).map((name) => [name, named.get(name) || HOME[name]]));
}

export function writeAddress(place) {
  const said = Object.entries(place).filter(([, value]) => value);
  return `#${new URLSearchParams(said)}`;
}

/** The place a permalink means, `/archives/C0APPROVALS/p1700000000000100[?thread_ts=…]`; null for other addresses. */
export function readPermalink({ pathname, search }) {
  const found = /^\/archives\/(\w+)\/p(\d+)(\d{6})$/.exec(pathname);
  if (!found) return null;
  const [, channel, seconds, fraction] = found;
  return { ...HOME, channel, thread: new URLSearchParams(search).get("thread_ts"), message: `${seconds}.${fraction}` };
}

export const samePlace = (one, other) => Object.keys(HOME).every((name) => one[name] === other[name]);
