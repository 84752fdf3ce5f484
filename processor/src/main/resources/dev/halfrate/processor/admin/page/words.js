/** What states are called and mean, as docs/architecture.md has them, and which of a batch's phases they belong to. */

export const PHASES = ["prepared", "created", "runs", "collected", "settled"];

const STATES = {
  sealed: [0, "work", "Its window is closed and its requests are fixed. Next they are written into a file."],
  spooled: [0, "work", "Its lines are in a local file. They go up next, or wait for a permit to create."],
  uploaded: [0, "work", "The vendor has its file. A permit to create the batch is waited for."],
  priming: [0, "work", "Some requests are sent first, so that the vendor's cache is warm for the others."],
  split: [0, "work", "It was too large, or has a bad line: its two halves go on as batches of their own."],
  creating: [1, "work", "The create is written down and sent. Its answer is waited for."],
  refused: [1, "warn", "The vendor said no. Its requests fail, wait, or go back to the lane, as the reason demands."],
  quiescing: [1, "doubt", "The create got no answer. It is looked for before anything is tried again, so that nothing is paid twice."],
  revoking: [1, "doubt", "No trace of it. Its input file is deleted, so that it cannot come late; then it is tried again."],
  hold: [1, "alarm", "It waits for evidence, or for an operator. See what to do."],
  running: [2, "live", "The vendor executes it, and does not say how far it is."],
  provisional: [2, "doubt", "A remote batch that may be it was found. Its lines will prove it."],
  calling: [2, "live", "Its requests are sent one by one, at once."],
  cancelling: [2, "warn", "It is being cancelled at the vendor. Finished lines are published, the others go back or end as cancelled."],
  ended: [3, "work", "The vendor is done. Its results are fetched next."],
  collecting: [3, "live", "Its results are read and published, one for each request."],
  settled: [4, "done", "Every request of it has ended, or has gone back to its lane."],
};

/** `phase` counts from 0; `tone` is how much it concerns the reader. */
export function state(batch) {
  const [phase, tone, meaning] = STATES[batch.state] ?? [0, "work", "A state of another release."];
  const late = batch.state === "hold" && batch.created_at !== null;
  return { word: batch.state, phase: late ? 2 : phase, tone, meaning };
}

export const PLACES = {
  waiting: "It waits in its lane for the window to close, or for its turn.",
  delayed: "It failed in a way that may pass, waits, and is tried again.",
  in_batch: "It is in a batch that has not settled.",
  succeeded: "It was answered with success.",
  cancelled: "It was cancelled while its batch was under way.",
};

export const PAUSES = {
  key: "its key is refused: make it valid again, or configure another one",
  credit: "it has no credit: pay, or raise the limit; it goes on by itself",
  rate: "it was called too often, and backs off; it goes on by itself",
  unavailable: "it does not answer; it is tried again by itself",
  queue_full: "its queue of tokens is full; it goes on by itself",
  creates_per_hour: "its own limit of creates is reached; it goes on by itself",
  uploads_per_minute: "its own limit of uploads is reached; it goes on by itself",
};

/** What keeps a lane, by `why`; as short as a row has room for. */
export const WAITS = {
  in_flight: () => "full: waits for one of its batches to end",
  tokens: () => "waits for room for its tokens at the vendor",
  budget: ({ name }) => `waits for budget ${name}`,
  few: () => "too few for a batch: waits for more",
  account: ({ name }) => `its account waits: ${PAUSES[name] ?? name}`,
};

/** What operators did, by action. */
export const DID = {
  pause: "paused",
  resume: "resumed",
  flush: "flushed",
  cancel: "cancelled",
  resolve: "resolved",
};

export const OUTCOMES = {
  open: "not sent yet, or on its way",
  created: "it made the remote batch",
  refused: "the vendor said no",
  doubtful: "nobody knows yet",
  absent: "proven absent",
  revoked: "made impossible",
  released: "given up by policy",
};
