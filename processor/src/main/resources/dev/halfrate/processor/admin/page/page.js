/** What is shown, and when it is looked at anew. */

import { follow, setRole, whenTold } from "./actions.js";
import { get, hasToken, Problem, setToken } from "./api.js";
import { batchView } from "./batch.js";
import { h, patch } from "./dom.js";
import { now, span } from "./format.js";
import { endedOf, overview, sum } from "./overview.js";
import { requestView } from "./request.js";
import { PAUSES } from "./words.js";

const EVERY_MILLIS = 2_000;
const SLOW_EVERY_MILLIS = 6_000;
const RETRY_MILLIS_MAX = 30_000;
const SAMPLES_MAX = 61;
const THEME = "halfrate-theme";
const THEMES = ["auto", "light", "dark"];

const $ = (id) => document.getElementById(id);
const main = $("main");
const samples = [];

let data = null;
let status = null;
let accounts = null;
let audits = null;
let me = null;
let seenAt = 0;
let statusAt = 0;
let problem = null;
let failures = 0;
let retryAt = 0;
let timer = 0;
let looking = false;
let again = false;
let shownAt = "";

// ---- looking ----

function route() {
  const [, kind, id] = /^#\/(batches|requests)\/(.+)$/.exec(location.hash) ?? [];
  try {
    return kind ? { kind, id: decodeURIComponent(id) } : { kind: "overview" };
  } catch {
    return { kind: "overview" };
  }
}

async function look() {
  clearTimeout(timer);
  if (looking) {
    again = true;
    return;
  }
  if (document.hidden || $("door").open) return;
  looking = true;
  try {
    await Promise.all([lookAt(route()), follow()]);
    problem = null;
    failures = 0;
    seenAt = now();
  } catch (failure) {
    if (!(failure instanceof Problem)) throw failure;
    if (failure.status === 401) askWhoIsThere();
    problem = failure;
    failures++;
  } finally {
    looking = false;
  }
  render();
  const wait = failures === 0 ? EVERY_MILLIS : Math.min(RETRY_MILLIS_MAX, EVERY_MILLIS * 2 ** (failures - 1));
  retryAt = now() + wait;
  timer = setTimeout(look, again ? 0 : wait);
  again = false;
}

async function lookAt(at) {
  const paths = at.kind === "overview"
    ? ["lanes", "batches?state=open&limit=100", "batches?state=settled&limit=8", "doubts", "money"]
    : ["lanes", "doubts"];
  const encoded = at.id === undefined ? "" : encodeURIComponent(at.id);
  const detail = at.kind === "overview" || (at.kind === "requests" && data?.of === at.id) ? null : get(`${at.kind}/${encoded}`);
  detail?.catch(() => {});
  const [lanes, ...others] = await Promise.all(paths.map(get));
  if (at.kind === "overview") {
    const [open, settled, doubts, money] = others;
    data = { kind: at.kind, lanes, open, settled, doubts, money };
    sample(lanes);
  } else {
    const found = detail === null ? data.found : await detail;
    data = { kind: at.kind, of: at.id, lanes, doubts: others[0], found };
  }
  if (now() - statusAt > SLOW_EVERY_MILLIS) {
    statusAt = now();
    Promise.all([get("status"), get("accounts"), get("audit"), get("me")]).then(([read, configured, wishes, who]) => {
      status = read;
      accounts = configured.accounts;
      audits = wishes;
      me = who;
      setRole(me.role);
      render();
    }, () => {});
  }
}

function sample({ lanes }) {
  samples.push({ at: now(), arrived: sum(lanes, (lane) => lane.totals.arrived), ended: sum(lanes, (lane) => endedOf(lane.totals)) });
  if (samples.length > SAMPLES_MAX) samples.shift();
}

// ---- showing ----

function render() {
  renderPulse();
  renderMe();
  renderAlarms();
  const at = route();
  const moved = shownAt !== location.hash;
  if (data !== null && data.kind === at.kind && (at.id === undefined || data.of === at.id)) {
    patch(main, view(at));
    shownAt = location.hash;
    document.title = title(at);
    if (moved && at.kind !== "overview") main.querySelector("h1")?.focus();
  } else if (problem !== null) {
    patch(main, h("nav", { key: "back", "aria-label": "Back" }, at.kind === "overview" ? null : h("a", { href: "#/" }, "← Overview")),
      h("h1", { key: "title", tabindex: "-1" }, at.kind === "batches" ? "No such batch" : "Nothing to show yet"),
      h("p", { key: "why", class: "empty" }, problem.message));
  }
}

function view(at) {
  if (at.kind === "overview") return overview({ ...data, status, accounts, audits, samples });
  if (at.kind === "requests") return requestView(data.found, data.lanes.lanes);
  const doubt = data.doubts.doubts.find(({ batch }) => batch.batch_id === at.id);
  return batchView(data.found, data.lanes.lanes, doubt?.doing);
}

function title(at) {
  const alarms = (status?.alarms ?? []).length;
  const where = at.kind === "overview" ? "" : `${at.id} · `;
  return `${alarms > 0 ? `(${alarms}) ` : ""}${where}Halfrate`;
}

function renderPulse() {
  const asOf = data === null ? 0 : Date.parse(data.lanes.as_of);
  const behind = now() - asOf;
  if (problem === null && data !== null) {
    const old = behind > 15_000;
    patch($("pulse"), h("i", { class: old ? "dot old" : "dot" }), old ? `as of ${span(behind)} ago` : "live");
  } else if (problem !== null) {
    const last = seenAt === 0 ? "not seen yet" : `last seen ${span(now() - seenAt)} ago`;
    patch($("pulse"), h("i", { class: "dot lost" }), `${last}, next try in ${span(Math.max(0, retryAt - now()))}`);
  }
}

function renderMe() {
  if (me === null) return;
  const may = me.role === "operate" ? "may act" : "may look; to act takes the role operate";
  patch($("me"), me.tokens ? `You are ${me.name}, and ${may}.` : "No token is wanted: everybody on this machine may act.");
}

/** Read aloud when it changes, and only then. */
function renderAlarms() {
  const paused = (accounts ?? []).flatMap((account) => account.paused_here.map((reason) =>
    [`${account.account}-${reason}`, `Account ${account.account} waits: ${PAUSES[reason] ?? reason}.`]));
  const lost = problem === null || failures < 2 || problem.status === 401 ? []
    : [["lost", `${problem.message}${data === null ? "" : " What is shown is old."}`]];
  patch($("alarms"), [...lost, ...(status?.alarms ?? []).map((alarm) => [alarm, alarm]), ...paused].map(([key, text]) =>
    h("p", { key, class: "alarm" }, text)));
}

// ---- the token ----

function askWhoIsThere() {
  const door = $("door");
  if (door.open) return;
  patch($("door-problem"), hasToken() ? "This token is none of those that may come in." : "");
  setToken(null);
  door.showModal();
}

$("door").addEventListener("cancel", (event) => event.preventDefault());
$("door-form").addEventListener("submit", (event) => {
  event.preventDefault();
  me = null;
  statusAt = 0;
  setToken($("token").value.trim());
  $("token").value = "";
  $("door").close();
  look();
});

// ---- search, theme, tips ----

$("search").addEventListener("submit", (event) => {
  event.preventDefault();
  const id = $("custom-id").value;
  if (data?.kind === "requests") data = null;
  location.hash = `#/requests/${encodeURIComponent(id)}`;
  look();
});

function applyTheme(theme) {
  const root = document.documentElement;
  if (theme === "auto") delete root.dataset.theme;
  else root.dataset.theme = theme;
  patch($("theme"), h("span", { class: "unseen" }, "Colours: "), theme);
}

function storedTheme() {
  const stored = localStorage.getItem(THEME);
  return THEMES.includes(stored) ? stored : "auto";
}

$("theme").addEventListener("click", () => {
  const next = THEMES[(THEMES.indexOf(storedTheme()) + 1) % THEMES.length];
  localStorage.setItem(THEME, next);
  applyTheme(next);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") document.documentElement.classList.add("no-tips");
});
for (const name of ["focusin", "pointerover"]) {
  document.addEventListener(name, () => document.documentElement.classList.remove("no-tips"));
}

document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
addEventListener("hashchange", () => {
  problem = null;
  failures = 0;
  look();
});
document.addEventListener("visibilitychange", look);
setInterval(renderPulse, 1_000);

whenTold(() => {
  statusAt = 0;
  look();
});

applyTheme(storedTheme());
look();
