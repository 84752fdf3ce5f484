/** What one can have done: asked about first, told to its owner once, and followed until it shows. */

import { get, post } from "./api.js";
import { h, patch } from "./dom.js";
import { count, number, shortId } from "./format.js";

const FOLLOWED_MILLIS = 30_000;
const SHOWN_MILLIS = 20_000;
const TYPED_CHARACTERS = 6;

const dialog = document.getElementById("act");
const told = [];
let may = false;
let asking = null;
let onTold = () => {};

/** `role` of whoever looks; only those who may operate are offered anything. */
export function setRole(role) {
  may = role === "operate";
}

/** Calls back when something was told, so that it is looked at soon. */
export function whenTold(then) {
  onTold = then;
}

// ---- what there is ----
// `came` looks and says what came of it, or null as long as nothing shows; `where` is where to look then.

const lanesOf = async (is) => (await get("lanes")).lanes.filter(is);
const isPaused = (lane) => lane.waits.some(({ why }) => why === "paused");
const accountOf = async (name) => (await get("accounts")).accounts.find(({ account }) => account === name);

const PAUSING = "No batch of it is sealed any more, nor is anything sent at once. Requests are taken in and wait; their lives go on, and what is not sent in time expires.";
const PAUSED_COST = "What is sealed or at the vendor goes on, and is paid for. It stays paused, over restarts, until somebody resumes it.";
const RESUMING = "What waits is sealed again as its windows close, sent, and paid for.";
const FLUSHING = "What waits in its windows is sealed now as far as there is room, sent, and paid for at the batch price. What failed and waits for its next try does not.";

function pausing(name, kind, body, isDone) {
  return { verb: "Pause", name, title: `Pause ${kind} ${name}?`, words: [PAUSING, PAUSED_COST], yes: "Pause it", path: "lanes/pause", body,
    where: "Lanes, and with halfrate status", came: async () => ((await isDone()) ? "It is paused." : null) };
}

function resuming(name, kind, body, isPausedYet) {
  return { verb: "Resume", name, title: `Resume ${kind} ${name}?`, words: [RESUMING], yes: "Resume it", path: "lanes/resume", body,
    where: "Lanes, and with halfrate status", came: async () => ((await isPausedYet()) ? null : "It goes on.") };
}

function flushing(name, kind, body, waiting, is) {
  return { verb: "Flush", name, title: `Flush ${kind} ${name}?`, words: [`${count(waiting, "request")} wait${waiting === 1 ? "s" : ""} in it.`, FLUSHING],
    yes: "Send it now", path: "lanes/flush", body, where: "Lanes: it may wait for room",
    came: async () => {
      const lanes = await lanesOf(is);
      const left = lanes.reduce((all, lane) => all + lane.waiting, 0);
      if (left < waiting || left === 0) return left === 0 ? "All that waited is sealed." : `Sealed; ${number(left)} wait.`;
      return lanes.some((lane) => lane.waits.length > 0) ? "It is told, and waits for its turn: the lane says for what." : null;
    } };
}

export function laneActions(lane) {
  const named = (each) => each.lane === lane.lane;
  const body = { lane: lane.lane };
  const paused = async () => (await lanesOf(named)).some(isPaused);
  return [
    isPaused(lane) ? resuming(lane.lane, "lane", body, paused) : pausing(lane.lane, "lane", body, paused),
    lane.waiting > 0 && !lane.lane.endsWith("@sync") ? flushing(lane.lane, "lane", body, lane.waiting, named) : null,
  ];
}

export function accountActions(account, waiting) {
  const name = account.account;
  const body = { account: name };
  const paused = async () => (await accountOf(name))?.paused_by !== "";
  return [
    account.paused_by === "" ? pausing(name, "account", body, paused) : resuming(name, "account", body, paused),
    waiting > 0 ? flushing(name, "account", body, waiting, (lane) => lane.account === name) : null,
  ];
}

/** The batch as it is now; null if it is over for long. */
async function batchNow(id) {
  try {
    return (await get(`batches/${encodeURIComponent(id)}`)).batch;
  } catch (problem) {
    if (problem.status === 404) return null;
    throw problem;
  }
}

const openOf = (batch) => Math.max(0, batch.requests - batch.succeeded - batch.failed - batch.expired - batch.cancelled - batch.returned - batch.elsewhere);

export function batchActions(batch) {
  if (batch.state === "settled") return [];
  const name = shortId(batch.batch_id);
  const open = openOf(batch);
  return [{ verb: "Cancel", name: `batch ${name}`, title: `Cancel batch ${name}?`, danger: true, yes: "Cancel the batch", no: "Leave it",
    words: [`Its ${count(open, "request")} that ${open === 1 ? "has" : "have"} not ended get${open === 1 ? "s" : ""} the result cancelled at once, and their ids are free. That cannot be undone.`,
      "The remote batch is cancelled too. What the vendor has executed by then is paid for all the same, and counted as late."],
    path: `batches/${encodeURIComponent(batch.batch_id)}/cancel`, body: null, where: "the batch, and llm.batches",
    came: async () => {
      const now = await batchNow(batch.batch_id);
      if (now === null || now.state === "settled") return "It is over.";
      return now.state === "cancelling" || now.cancelled > batch.cancelled ? `${count(now.cancelled, "request")} ended as cancelled; the batch is ${now.state}.` : null;
    } }];
}

export function holdActions(batch) {
  if (!batch.hold || batch.attempts.length === 0) return [];
  const name = shortId(batch.batch_id);
  const attempt = batch.attempts.at(-1);
  const resolution = (how) => ({ name: `batch ${name}`, path: `batches/${encodeURIComponent(batch.batch_id)}/resolve`,
    where: "the batch: it may be on hold again, with another reason",
    came: async () => {
      const now = await batchNow(batch.batch_id);
      if (now === null) return "It is over.";
      return now.changed_at === batch.changed_at ? null : `It is ${now.state} now${now.reason ? `: ${now.reason}` : "."}`;
    },
    ...how, body: { resolution: how.resolution, attempt: attempt.number } });
  return [
    resolution({ verb: "Look again", resolution: "look", title: `Look for batch ${name} now?`, yes: "Look now",
      words: ["It is looked for at the vendor, or polled, now. That buys nothing."] }),
    attempt.remote_batch_id !== "" ? null
      : resolution({ verb: "I found it", resolution: "found", title: `Which remote batch is ${name}?`, yes: "This is it",
        words: ["The remote batch that you name is taken for it. Its lines have to prove it, or it is on hold again. That buys nothing; if it cannot be had at once, say it again."],
        field: { label: "The vendor's id of the batch", name: "remote_batch_id" } }),
    resolution({ verb: "Buy again", resolution: "again", danger: true, title: `Buy batch ${name} again?`, yes: "Buy it again", no: "Leave it on hold",
      words: [`Only if you are sure that no remote batch of it can bring anything any more. Its ${count(openOf(batch), "open request")} ${openOf(batch) === 1 ? "is" : "are"} bought in another attempt.`,
        "If you are wrong it is paid for twice: its lines count as exposure, reason released, and an earlier remote batch that turns up is cancelled."],
      typed: batch.batch_id.slice(-TYPED_CHARACTERS) }),
  ];
}

export function requestActions({ custom_id: id, places }) {
  if (!places.some(({ sighting }) => ["waiting", "delayed", "in_batch"].includes(sighting.place))) return [];
  return [{ verb: "Cancel", name: "the request", title: "Cancel this request?", danger: true, yes: "Cancel the request", no: "Leave it",
    words: ["It ends as cancelled, wherever it is, and its id is free. That cannot be undone.",
      "If its batch is at the vendor already it may be executed, and paid for, all the same; its answer is not published then."],
    path: `requests/${encodeURIComponent(id)}/cancel`, body: null, where: "the results topic, under its custom_id",
    came: async () => {
      const { places: now, unanswered } = await get(`requests/${encodeURIComponent(id)}`);
      if (Object.keys(unanswered).length > 0) return null;
      if (now.length === 0) return "No lane knows of it any more: its result says how it ended.";
      return now.every(({ sighting }) => sighting.place === "cancelled") ? "It has ended as cancelled." : null;
    } }];
}

/** Buttons for what is there to do; none for who may only look. */
export function buttons(actions) {
  const offered = may ? actions.filter(Boolean) : [];
  return offered.length === 0 ? null : h("span", { key: "acts", class: "acts" }, offered.map((action, i) =>
    h("button", { key: i, type: "button", class: action.danger ? "act danger" : "act", "aria-haspopup": "dialog",
      "aria-label": `${action.verb}: ${action.name}`, onclick: () => open(action) }, action.verb)));
}

// ---- asking first ----

function newId() {
  return `page-${[...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** The command gets its id here: however often it is sent, it is one. */
function open(action) {
  asking = { action, id: newId(), sending: false, problem: "" };
  show(asking);
  dialog.showModal();
}

function show(asked) {
  const { action, id, sending, problem } = asked;
  patch(dialog, h("form", { key: id, method: "dialog", novalidate: true, onsubmit: (event) => submit(event, asked) },
    h("h2", { id: "act-title" }, action.title),
    h("div", { id: "act-words", class: "words" }, action.words.map((text) => h("p", null, text))),
    action.field ? field("act-field", action.field.label) : null,
    action.typed ? field("act-typed", ["Type ", h("code", null, action.typed), " to go on"]) : null,
    h("p", { id: "act-problem", role: "alert" }, problem),
    h("div", { class: "choices" },
      h("button", { key: "no", type: "button", class: "no", autofocus: !action.field && !action.typed, onclick: () => dialog.close() }, action.no ?? "Leave it"),
      h("button", { key: "yes", type: "submit", class: action.danger ? "yes danger" : "yes", "aria-disabled": sending ? "true" : null }, sending ? "Telling …" : action.yes))));
}

function field(id, label) {
  return [h("label", { for: id }, label),
    h("input", { id, name: id, autofocus: true, autocomplete: "off", autocapitalize: "off", spellcheck: "false", required: true, "aria-describedby": "act-problem" })];
}

async function submit(event, asked) {
  event.preventDefault();
  if (asked.sending) return;
  const { action, id } = asked;
  const input = dialog.querySelector("input");
  const said = input?.value.trim() ?? "";
  const wrong = action.field && said === "" ? `${action.field.label} is missing.`
    : action.typed && said !== action.typed ? `That is not ${action.typed}: look whether this is the batch you mean.` : "";
  if (wrong) {
    input.focus();
    return again(asked, wrong);
  }
  asked.sending = true;
  show(asked);
  try {
    await post(action.path, action.field ? { ...action.body, [action.field.name]: said } : action.body, id);
  } catch (problem) {
    return again(asked, inWords(problem));
  }
  if (asking === asked) dialog.close();
  told.unshift({ id, title: action.title.replace(/[?]$/, ""), action, at: Date.now(), state: "told", text: "Told to its owner." });
  renderTold();
  onTold();
}

function again(asked, problem) {
  asked.sending = false;
  asked.problem = problem;
  if (asking === asked && dialog.open) {
    show(asked);
  } else {
    told.unshift({ id: asked.id, title: asked.action.title.replace(/[?]$/, ""), state: "late", text: problem });
    renderTold();
  }
}

function inWords({ status, message }) {
  const same = "You can say it again here: it is the same command, and never done twice.";
  switch (status) {
    case 0: return `This process does not answer, and nobody knows whether it was told. ${same}`;
    case 401: return "Your token is not valid any more. Leave this, and come in again.";
    case 403: return `You may not do this: ${message}.`;
    case 409: return "This command has been used for something else. Leave this, and begin anew.";
    case 503: return `${message}. ${same}`;
    default: return message;
  }
}

// ---- what came of it ----

/** Looks after what was told, as long as it has not shown. */
export async function follow() {
  await Promise.all(told.filter(({ state }) => state === "told").map(async (each) => {
    const came = await each.action.came().catch(() => null);
    if (came !== null) Object.assign(each, { state: "came", text: came, at: Date.now() });
    else if (Date.now() - each.at > FOLLOWED_MILLIS) Object.assign(each, { state: "late", text: `Told to its owner, but nothing shows of it yet. Look at ${each.action.where}.` });
  }));
  const old = told.findIndex(({ state, at }) => state === "came" && Date.now() - at > SHOWN_MILLIS);
  if (old >= 0) told.splice(old, 1);
  renderTold();
}

/** Read aloud when it changes. */
function renderTold() {
  patch(document.getElementById("told"), told.map((each) => h("p", { key: each.id, class: `wish ${each.state}` },
    h("span", null, h("strong", null, `${each.title}: `), each.text),
    h("button", { type: "button", class: "quiet", "aria-label": `Dismiss: ${each.title}`, onclick: () => {
      told.splice(told.indexOf(each), 1);
      renderTold();
    } }, "×"))));
}
