// How far each person has read each channel, stored in the browser for as long as this sandbox runs.

const KEY = "askbridge-sandbox-read";

/** `storage` is a function, because a browser may throw at a mere access to its storage. */
export function createReadMarks(storage) {
  const marks = recall(storage);
  const markOf = (person, channel) => `${person}/${channel.id}`;

  return {
    /** Mark the whole channel as read by this person. */
    read(person, channel) {
      marks[markOf(person, channel)] = Number(channel.last_ts ?? 0);
      remember(storage, marks);
    },
    /** Mark channels that appear for the first time as read, except direct messages, which are unread until opened. */
    meet(person, channels) {
      const met = channels.filter((channel) => !channel.is_im && marks[markOf(person, channel)] === undefined);
      for (const channel of met) marks[markOf(person, channel)] = Number(channel.last_ts ?? 0);
      if (met.length) remember(storage, marks);
    },
    /** The channels with messages that this person has not read: channel id → is it a direct message. */
    unread(person, channels) {
      const fresh = channels.filter(
        (channel) => channel.is_member !== false && Number(channel.last_ts ?? 0) > (marks[markOf(person, channel)] ?? 0),
      );
      return new Map(fresh.map((channel) => [channel.id, Boolean(channel.is_im)]));
    },
  };
}

// A browser may refuse storage. Then a reload forgets what was read; nothing else depends on it.
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
