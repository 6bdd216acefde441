// The page's address, which can be shared: person and place, `#as=U0ANA&channel=C0APPROVALS[&thread=ts][&message=ts]`.

export const HOME = { as: "U0ANA", channel: "C0APPROVALS", thread: null, message: null };

export function readAddress(fragment) {
  const named = new URLSearchParams(fragment.replace(/^#/, ""));
  return Object.fromEntries(Object.keys(HOME).map((name) => [name, named.get(name) || HOME[name]]));
}

export function writeAddress(place) {
  const named = Object.entries(place).filter(([, value]) => value);
  return `#${new URLSearchParams(named)}`;
}

/** The place of a permalink, `/archives/C0APPROVALS/p1700000000000100[?thread_ts=…]`; null for other addresses. */
export function readPermalink({ pathname, search }) {
  const found = /^\/archives\/(\w+)\/p(\d+)(\d{6})$/.exec(pathname);
  if (!found) return null;
  const [, channel, seconds, fraction] = found;
  return { ...HOME, channel, thread: new URLSearchParams(search).get("thread_ts"), message: `${seconds}.${fraction}` };
}

export const samePlace = (one, other) => Object.keys(HOME).every((name) => one[name] === other[name]);
