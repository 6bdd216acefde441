// The client of the sandbox's control API: one function per route, JSON in and out; a refusal throws an ApiRefusal.

export class ApiRefusal extends Error {
  constructor(status, answer) {
    const error = answer.error ?? "unreadable_answer";
    super(`${error} (${status})`);
    this.status = status;
    this.error = error;
    this.answer = answer;
  }
}

async function call(path, init) {
  const response = await fetch(path, { cache: "no-store", ...init });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok || answer.ok === false) throw new ApiRefusal(response.status, answer);
  return answer;
}

const read = (path, query = {}) => call(`/sandbox/${path}?${new URLSearchParams(query)}`);

const remove = (path, query = {}) => call(`/sandbox/${path}?${new URLSearchParams(query)}`, { method: "DELETE" });

const write = (path, body) =>
  call(`/sandbox/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });

/** All people, each active one with the channels that they see. */
export const people = async () => (await read("people", { channels: true })).people;
export const messages = async ({ as, channel }) => (await read("messages", { as, channel })).messages;
export const changes = async ({ after }) => (await read("changes", { after, timeout: 25 })).version;
export const click = (body) => write("clicks", body);
/** The modals that this person has open, the newest last, and what is shown of their submissions. */
export const views = async ({ as }) => {
  const { views, shown } = await read("views", { as });
  return { list: views, shown };
};
export const submit = (view, body) => write(`views/${view}/submit`, body);
export const close = (view, body) => write(`views/${view}/close`, body);
export const act = (view, body) => write(`views/${view}/actions`, body);
export const say = (body) => write("messages", body);
export const dismiss = (message) => remove("messages", message);
export const clicks = async ({ limit }) => (await read("clicks", { most: limit })).clicks;
export const calls = async ({ limit }) => (await read("requests", { most: limit })).requests;
export const faults = async () => (await read("faults")).faults;
export const arm = (fault) => write("faults", fault);
export const disarm = (fault_id) => remove("faults", { fault_id });
export const clearFaults = () => remove("faults");
