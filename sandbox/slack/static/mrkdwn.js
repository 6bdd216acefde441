// Parses Slack's mrkdwn into paragraphs, quotes and fences of inline nodes. Pure; renders nothing.

const ENTITY = /<([^<>\n]+)>/y;
const CODE = /`([^`\n]+)`/y;
const EMOJI = /:([a-z0-9_+'-]+):/y;
const ADDRESS = /https?:\/\/[^\s<>|"]*[^\s<>|".,;:!?)\]}'*_~]/y;
const STYLES = { "*": "bold", _: "italic", "~": "strike" };
const QUOTED = /^(?:&gt;|>) ?/;
const QUOTED_REST = /^(?:&gt;|>){3} ?/;
const WORD = /[\p{L}\p{N}]/u;

/** Blocks in order: {type: "paragraph" | "quote", lines: [[node]]} and {type: "fence", text}. */
export function parseMrkdwn(text, { verbatim = false } = {}) {
  return text.split(/```\n?([\s\S]+?)\n?```\n?/).flatMap((piece, index) => {
    if (index % 2) return [{ type: "fence", text: decode(spokenEntities(piece)) }];
    return piece ? paragraphs(piece.replace(/\n$/, ""), verbatim) : [];
  });
}

function paragraphs(text, verbatim) {
  const blocks = [];
  let rest = false;
  for (const line of text.split("\n")) {
    const starts = QUOTED_REST.test(line);
    const type = rest || starts || QUOTED.test(line) ? "quote" : "paragraph";
    const body = rest ? line : line.replace(starts ? QUOTED_REST : QUOTED, "");
    rest ||= starts;
    if (blocks.at(-1)?.type !== type) blocks.push({ type, lines: [] });
    blocks.at(-1).lines.push(parseInline(body, { verbatim }));
  }
  return blocks;
}

/** The inline nodes of one line. Styles nest; code does not. */
export function parseInline(text, { verbatim = false } = {}) {
  const nodes = [];
  let plain = "";
  const flush = () => {
    if (plain) nodes.push({ type: "text", text: decode(plain) });
    plain = "";
  };
  for (let at = 0; at < text.length; ) {
    const found = nodeAt(text, at, verbatim);
    if (found) {
      flush();
      nodes.push(found.node);
      at = found.end;
    } else {
      plain += text[at++];
    }
  }
  flush();
  return nodes;
}

/** Plain text whose only markup is emoji. */
export function parsePlain(text, { emoji = true } = {}) {
  if (!emoji) return [{ type: "text", text }];
  return text.split(/:([a-z0-9_+'-]+):/).map((piece, index) =>
    index % 2 ? { type: "emoji", name: piece } : { type: "text", text: piece },
  );
}

function nodeAt(text, at, verbatim) {
  switch (text[at]) {
    case "<":
      return matched(ENTITY, text, at, ([, body]) => entity(body));
    case "`":
      return matched(CODE, text, at, ([, body]) => ({ type: "code", text: decode(spokenEntities(body)) }));
    case ":":
      return matched(EMOJI, text, at, ([, name]) => ({ type: "emoji", name }));
    case "h":
      if (verbatim || isWord(text[at - 1])) return null;
      return matched(ADDRESS, text, at, ([url]) => bareLink(decode(url)));
    case "*":
    case "_":
    case "~":
      return styled(text, at, verbatim);
    default:
      return null;
  }
}

const bareLink = (url) => ({ type: "link", url, children: [{ type: "text", text: url }] });

function matched(pattern, text, at, make) {
  pattern.lastIndex = at;
  const match = pattern.exec(text);
  return match && { node: make(match), end: pattern.lastIndex };
}

// A style opens after a non-word character, closes before one, and has no space just inside its marks, so that
// `2 * 3 * 4` and snake_case stay plain.
function styled(text, at, verbatim) {
  const mark = text[at];
  if (isWord(text[at - 1]) || text[at - 1] === mark || isSpace(text[at + 1]) || text[at + 1] === mark) return null;
  for (let end = at + 2; end < text.length; end++) {
    if (text[end] !== mark || isSpace(text[end - 1]) || isWord(text[end + 1]) || insideAtom(text, at, end)) continue;
    const children = parseInline(text.slice(at + 1, end), { verbatim });
    return { node: { type: STYLES[mark], children }, end: end + 1 };
  }
  return null;
}

// Whether a mark is inside <…> or `…`, where it does not end the style around it.
function insideAtom(text, start, end) {
  const between = text.slice(start + 1, end).replace(/`[^`\n]+`|<[^<>\n]+>/g, "");
  return between.includes("<") || between.includes("`");
}

const isWord = (letter) => letter !== undefined && WORD.test(letter);
const isSpace = (letter) => letter === undefined || /\s/.test(letter);
const decode = (text) => text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");
const spokenEntities = (text) => text.replace(/<([^<>\n|]+)(?:\|([^<>\n]*))?>/g, (whole, body, label) =>
  SCHEME.test(body) ? label || body : whole);

const SCHEME = /^(?:https?:\/\/|mailto:|tel:)/;

/** The node for the text between < and >. Text that Slack does not recognize is shown as it was typed. */
function entity(body) {
  const bar = body.indexOf("|");
  const [target, label] = bar < 0 ? [body, ""] : [body.slice(0, bar), body.slice(bar + 1)];
  const [head, ...rest] = target.split("^");
  if (/^@[UW]/.test(target)) return { type: "user", id: target.slice(1) };
  if (target.startsWith("#")) return { type: "channel", id: target.slice(1), label: decode(label) };
  if (head === "!subteam") return { type: "group", id: rest[0], label: decode(label) };
  if (head === "!date") return { type: "date", ts: rest[0], format: rest[1] ?? "", url: rest[2], fallback: decode(label) };
  if (/^!(here|channel|everyone)$/.test(target)) return { type: "broadcast", range: target.slice(1) };
  if (target.startsWith("!")) return { type: "text", text: decode(label || target) };
  if (SCHEME.test(target)) {
    const children = label ? parsePlain(decode(label)) : [{ type: "text", text: decode(target.replace(/^mailto:/, "")) }];
    return { type: "link", url: decode(target), children };
  }
  return { type: "text", text: decode(`<${body}>`) };
}
