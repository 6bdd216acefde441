// Dates and times as Slack writes them: in the reader's own time zone, with "Today" and ordinals.

const english = (options) => new Intl.DateTimeFormat("en-US", options);
const local = (options) => new Intl.DateTimeFormat(undefined, options);

const MONTH_DAY = english({ month: "long", day: "numeric" });
const WEEKDAY = english({ weekday: "long" });
const SHORT = english({ month: "short", day: "numeric", year: "numeric" });
const NUMBERS = english({ year: "numeric", month: "2-digit", day: "2-digit" });
const CLOCK = local({ hour: "numeric", minute: "2-digit" });
export const CLOCK_WITH_SECONDS = local({ hour: "numeric", minute: "2-digit", second: "2-digit" });
const WHOLE = local({ dateStyle: "full", timeStyle: "long" });
const AGO = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

export const momentOf = (ts) => new Date(Number(ts) * 1000);
export const clock = (date) => CLOCK.format(date);
export const wholeMoment = (date) => WHOLE.format(date);

/** The heading above a day's messages. */
export function dayHeading(date, now = new Date()) {
  return capital(nearDay(date, now)) || `${WEEKDAY.format(date)}, ${ordinalDay(date)}${otherYear(date, now)}`;
}

/** A format such as `{date_short_pretty} at {time}`, filled in; "Today" at the start of the text, "today" later. */
export function fillDate(format, date, now = new Date()) {
  return format.replace(/\{(\w+)\}/g, (whole, token, offset) => {
    const near = token.endsWith("_pretty") && nearDay(date, now);
    if (near) return offset === 0 ? capital(near) : near;
    return TOKENS[token.replace("_pretty", "")]?.(date, now) ?? whole;
  });
}

const TOKENS = {
  date_num: (date) => NUMBERS.format(date).replace(/(\d+)\/(\d+)\/(\d+)/, "$3-$1-$2"),
  date_slash: (date) => NUMBERS.format(date).replace(/(\d+)\/(\d+)/, "$2/$1"),
  date: (date) => `${ordinalDay(date)}, ${date.getFullYear()}`,
  date_short: (date) => SHORT.format(date),
  date_long: (date) => `${WEEKDAY.format(date)}, ${ordinalDay(date)}, ${date.getFullYear()}`,
  date_long_full: (date) => `${MONTH_DAY.format(date)}, ${date.getFullYear()}`,
  day_divider: (date, now) => dayHeading(date, now),
  time: (date) => clock(date),
  time_secs: (date) => CLOCK_WITH_SECONDS.format(date),
  ago: (date, now) => distance((date - now) / 1000),
};

function nearDay(date, now) {
  const days = Math.round((midnight(date) - midnight(now)) / 86_400_000);
  return { "-1": "yesterday", 0: "today", 1: "tomorrow" }[days] ?? "";
}

const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate());
const capital = (word) => word.charAt(0).toUpperCase() + word.slice(1);
const otherYear = (date, now) => (date.getFullYear() === now.getFullYear() ? "" : `, ${date.getFullYear()}`);

function ordinalDay(date) {
  const day = date.getDate();
  const teen = day > 10 && day < 14;
  return `${MONTH_DAY.format(date)}${(!teen && { 1: "st", 2: "nd", 3: "rd" }[day % 10]) || "th"}`;
}

function distance(seconds) {
  const steps = [["day", 86_400], ["hour", 3_600], ["minute", 60]];
  const [unit, length] = steps.find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
  return AGO.format(Math.round(seconds / length), unit);
}
