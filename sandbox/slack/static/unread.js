// Knows how far each person has read each channel, remembered by the browser for as long as this sandbox runs.

const KEY = "askbridge-sandbox-read";

/** `storage` is a function, because merely naming the browser's storage can be refused. */
export function createReadMarks(storage) {
  const marks = recall(storage);
  const markOf = (person, channel) => `${person}/${channel.id}`;

  return {
    /** The person has seen all of this channel. */
    read(person, channel) {
      marks[markOf(person, channel)] = Number(channel.last_ts ?? 0);
      remember(storage, marks);
    },
    /** Channels met for the first time hold nothing new; a direct message is new until it was looked at. */
    meet(person, channels) {
      const met = channels.filter((channel) => !channel.is_im && marks[markOf(person, channel)] === undefined);
      for (const channel of met) marks[markOf(person, channel)] = Number(channel.last_ts ?? 0);
      if (met.length) remember(storage, marks);
    },
    /** Which channels, as this person sees them, hold something new to them: channel id → is it a direct message. */
    unread(person, channels) {
      const fresh = channels.filter(
        (channel) => channel.is_member !== false && Number(channel.last_ts ?? 0) > (marks[markOf(person, channel)] ?? 0),
      );
      return new Map(fresh.map((channel) => [channel.id, Boolean(channel.is_im)]));
    },
  };
}

// A browser may refuse storage; then a reload forgets what was read, and nothing else is lost.
function recall(storage) {
  try {
    return JSON.parse(storage().getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}

function remember(storage, marks) {
  try {
    storage().setItem(KEY, JSON.stringify(marks));
  } catch {
    // as above
  }
}
