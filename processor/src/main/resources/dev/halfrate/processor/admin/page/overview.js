/** Everything at a glance. */

import { h } from "./dom.js";
import { ago, between, bytes, compact, count, now, number, percent, rate, shortId, span, usd } from "./format.js";
import { accountActions, buttons, holdActions, laneActions } from "./actions.js";
import { DID, PAUSES, PHASES, state, WAITS } from "./words.js";

const RATE_OVER_MILLIS = 12_000;

export function overview(data) {
  const lanes = data.lanes.lanes;
  const sent = lanes.some((lane) => lane.totals.arrived > 0);
  const topic = data.status?.status.requests[0]?.topic ?? "llm.requests";
  return [
    h("h1", { key: "title", class: "unseen" }, "Overview"),
    h("div", { key: "hero", class: "hero" }, flow(data), savings(data.money)),
    sent || data.open.batches.length > 0 ? null : firstSteps(topic),
    data.doubts.doubts.length > 0 ? doubts(data.doubts.doubts) : null,
    section("lanes", "Lanes", "what is collected, and how full the windows are", lanesTable(data)),
    section("batches", "Batches under way", underWay(data), batchesTable(data.open.batches, data, "Batches under way", NO_BATCHES)),
    section("settled", "Settled last", null, batchesTable(data.settled.batches, data, "Batches that settled last", "None has settled within a day.")),
    h("div", { key: "pair", class: "pair" },
      section("money", "Money", null, money(data.money)),
      section("errors", "Errors by class", "requests that did not end with success", errors(data, lanes))),
    data.doubts.doubts.length > 0 ? null : doubts([]),
    h("div", { key: "pair-2", class: "pair" },
      data.accounts === null ? null : section("accounts", "Accounts", null, accounts(data.accounts, lanes)),
      data.audits === null ? null : section("audit", "What operators did", "the last of them", audits(data.audits, data))),
  ];
}

const NO_BATCHES = "No batch is under way. A window becomes one when it is full, or its oldest request is old enough.";

function section(id, title, subtitle, ...content) {
  return h("section", { key: id, id, "aria-labelledby": `${id}-title` },
    h("h2", { id: `${id}-title` }, title, subtitle ? h("small", null, ` ${subtitle}`) : null),
    content);
}

// ---- what is flowing ----

function flow({ lanes, samples, status }) {
  const waiting = sum(lanes.lanes, (lane) => lane.waiting + lane.delayed);
  const inBatches = sum(lanes.lanes, (lane) => lane.in_batches);
  const ended = sum(lanes.lanes, (lane) => endedOf(lane.totals));
  const unread = sum(status?.status.requests ?? [], (partition) => partition.unread);
  return h("section", { key: "flow", class: "flow", "aria-labelledby": "flow-title" },
    h("h2", { id: "flow-title" }, "Flowing now"),
    h("ol", { class: "stations" },
      station("arrive", "Arrived", sum(lanes.lanes, (lane) => lane.totals.arrived), pace(samples, "arrived"),
        unread > 0 ? `${number(unread)} to be read` : "all are read"),
      station("wait", "Wait in windows", waiting, null, delayedText(lanes.lanes)),
      station("batch", "In batches", inBatches, null, count(sum(lanes.lanes, (lane) => lane.batches_in_flight), "batch", "batches")),
      station("end", "Answered", ended, pace(samples, "ended"), ended > 0 ? `${percent(sum(lanes.lanes, (lane) => lane.totals.succeeded), ended)} with success` : "none yet")),
    spark(samples));
}

function delayedText(lanes) {
  const delayed = sum(lanes, (lane) => lane.delayed);
  return delayed > 0 ? `${number(delayed)} to be tried again` : "until a window closes";
}

function station(key, name, value, perSecond, note) {
  return h("li", { key, class: `station ${key} ${perSecond > 0 ? "moves" : ""}` },
    h("span", { class: "name" }, name),
    h("strong", { title: number(value) }, compact(value)),
    h("span", { class: "note" }, perSecond === null ? note : `${rate(perSecond)} per second`),
    perSecond === null ? null : h("span", { class: "note" }, note));
}

/** Per second over the last seconds; null as long as there was one look only. */
function pace(samples, what) {
  const last = samples.at(-1);
  const first = samples.find((sample) => last.at - sample.at <= RATE_OVER_MILLIS);
  return first === last ? null : Math.max(0, ((last[what] - first[what]) * 1_000) / (last.at - first.at));
}

function spark(samples) {
  const paces = ["arrived", "ended"].map((what) =>
    samples.slice(1).map((sample, i) => Math.max(0, ((sample[what] - samples[i][what]) * 1_000) / Math.max(1, sample.at - samples[i].at))));
  const top = Math.max(1, ...paces.flat());
  const line = (values) => values.map((value, i) =>
    `${i ? "L" : "M"}${((i + 60 - values.length) * 600) / 59} ${(46 - (42 * value) / top).toFixed(1)}`).join("");
  return h("figure", { class: "spark" },
    h("svg", { viewBox: "0 0 600 48", preserveAspectRatio: "none", role: "img", "aria-label": `Requests per second since this page looks, ${rate(top)} at most` },
      h("path", { class: "arrived", d: line(paces[0]) || "M0 46" }),
      h("path", { class: "ended", d: line(paces[1]) || "M0 46" })),
    h("figcaption", null, h("span", { class: "key arrived" }, "arrived"), h("span", { class: "key ended" }, "answered"),
      h("span", null, "per second, the last two minutes")));
}

// ---- lanes ----

function lanesTable({ lanes }) {
  if (lanes.lanes.length === 0) {
    return h("p", { class: "empty" }, "There is no lane yet. The first request of an account and a model opens one.");
  }
  return table("lanes-table", "Lanes, the busiest first", ["Lane", "Window", "In batches", "A batch takes"],
    lanes.lanes.map((lane) => [`${lane.pool}|${lane.lane}|${lane.api_version}|${lane.betas}|${lane.completion_window}`,
      [h("strong", { class: "name" }, lane.model || lane.lane), h("span", { class: "note" }, `${lane.account} · ${lane.endpoint}${lane.tag ? ` · #${lane.tag}` : ""}`),
        buttons(laneActions(lane))],
      fill(lane, lanes.windows[lane.account]),
      [number(lane.in_batches), h("span", { class: "note" }, count(lane.batches_in_flight, "batch", "batches"))],
      turnaround(lane)]));
}

function fill(lane, window) {
  if (lane.lane.endsWith("@sync")) {
    return [number(lane.waiting), h("span", { class: "note" }, "sent one by one, at once"), waits(lane)];
  }
  const delayed = lane.delayed > 0 ? ` · ${number(lane.delayed)} to be tried again` : "";
  if (!window) {
    return [number(lane.waiting), h("span", { class: "note" }, `this process does not know the account${delayed}`)];
  }
  const byCount = lane.waiting / window.requests_max;
  const byBytes = lane.waiting_bytes / window.bytes_max;
  const tokensMax = tokensThatFit(lane.tokens, window);
  const byTokens = lane.tokens === null ? 0 : lane.tokens.waiting / tokensMax;
  const share = Math.max(byCount, byBytes, byTokens);
  const what = byTokens === share && byTokens > byCount
    ? `${compact(lane.tokens.waiting)} tokens, ${compact(lane.tokens.free)} of ${compact(lane.tokens.max)} free at the vendor${lane.tokens.learned ? ", as it said" : ""}`
    : byBytes > byCount
      ? `${bytes(lane.waiting_bytes)} of ${bytes(window.bytes_max)}`
      : `${number(lane.waiting)} of ${number(window.requests_max)} requests`;
  return [
    meter(share, what, `Window of ${lane.lane}`, lane.waits.some(isPause) ? "fill paused" : "fill"),
    h("span", { class: "note" }, what, lane.waits.length > 0 ? null : ` · ${closes(lane, window, share)}`, delayed),
    waits(lane)];
}

/** Of what the vendor takes at a time the part that is free now, but not a crumb of it. */
function tokensThatFit(tokens, window) {
  if (tokens === null) return window.tokens_max || 1;
  const room = Math.max(1, tokens.free, tokens.max / 20);
  return window.tokens_max > 0 ? Math.min(window.tokens_max, room) : room;
}

const isPause = ({ why }) => why === "paused" || why === "account_paused";

/** What keeps it, and who said so. */
function waits(lane) {
  return lane.waits.map((wait, i) => h("span", { key: `wait-${i}`, class: isPause(wait) ? "keeps paused" : "keeps" }, isPause(wait)
    ? [wait.why === "paused" ? "paused" : "account paused", ` by ${wait.by}, `, ago(wait.since)]
    : WAITS[wait.why]?.(wait) ?? wait.why));
}

function closes(lane, window, share) {
  if (lane.waiting === 0) return "empty";
  if (share >= 1) return "full: waits for its turn";
  const left = Date.parse(lane.oldest_at) + window.age_max_ms - now();
  return left > 0 ? `closes within ${span(left)}` : "old enough: closes any moment";
}

function turnaround({ turnaround: took }) {
  if (!took) return [h("span", { class: "note" }, "unknown yet: none has ended")];
  return [`${span(took.fastest_ms)} – ${span(took.nine_of_ten_ms)}`,
    h("span", { class: "note" }, `half within ${span(took.half_ms)}, of the last ${number(took.batches)}`)];
}

// ---- batches ----

function underWay({ open, status }) {
  const states = Object.entries(status?.status.ledger.batches ?? {}).filter(([name]) => name !== "settled");
  const all = sum(states, ([, batches]) => batches);
  return open.next ? `the latest ${open.batches.length} of ${number(Math.max(all, open.batches.length))}` : null;
}

function batchesTable(batches, data, caption, none) {
  if (batches.length === 0) return h("p", { class: "empty" }, none);
  return table("batches-table", caption, ["Batch", "Phase", "Answers", "Ends"],
    batches.map((batch) => [batch.batch_id,
      [h("a", { class: "name", href: `#/batches/${encodeURIComponent(batch.batch_id)}`, title: batch.batch_id }, shortId(batch.batch_id)),
        h("span", { class: "note" }, batch.lane, " · ", ago(batch.sealed_at))],
      phase(batch),
      answers(batch),
      ends(batch, data.lanes.lanes)]));
}

/** Its phase as a word that explains itself, and where that is on the way. */
export function phase(batch) {
  const { word, phase: at, tone, meaning } = state(batch);
  const id = `tip-${batch.batch_id}`;
  return h("span", { class: `phase ${tone}` },
    h("button", { type: "button", class: "word", "aria-describedby": id }, word),
    h("span", { class: "tip", role: "tooltip", id }, meaning),
    h("span", { class: "steps", "aria-hidden": "true" },
      PHASES.map((name, i) => h("i", { class: i < at || tone === "done" ? "past" : i === at ? "now" : "" }))));
}

export function answers(batch) {
  const own = Math.max(0, batch.requests - batch.elsewhere);
  const answered = batch.succeeded + batch.failed + batch.expired + batch.cancelled;
  const other = answered - batch.succeeded;
  const notes = [
    other > 0 ? `${number(other)} without success` : null,
    batch.returned > 0 ? `${number(batch.returned)} back to the lane` : null].filter(Boolean).join(" · ");
  const text = answered > 0 ? `${number(answered)} of ${number(own)}` : `none of ${number(own)} yet`;
  return [
    meter(own > 0 ? (answered + batch.returned) / own : 1, text, `Answers of ${batch.batch_id}`, "answers", own > 0 ? other / own : 0),
    h("span", { class: "note" }, text, notes ? ` · ${notes}` : "")];
}

/** When it ends at the vendor: when it did, or a range by how long earlier ones of its lane took. */
export function ends(batch, lanes) {
  if (batch.state === "settled") {
    const took = batch.created_at && batch.ended_at ? Date.parse(batch.ended_at) - Date.parse(batch.created_at) : null;
    return [ago(batch.changed_at), took === null ? null : h("span", { class: "note" }, `the vendor took ${span(took)}`)];
  }
  if (batch.ended_at) return ["at any moment", h("span", { class: "note" }, "the vendor is done")];
  const took = lanes.find((lane) => lane.lane === batch.lane && lane.turnaround)?.turnaround;
  if (!batch.created_at) return ["unknown yet", h("span", { class: "note" }, "it has to be created first")];
  const start = Date.parse(batch.created_at);
  const elapsed = Math.max(0, now() - start);
  if (!took) return ["unknown yet", h("span", { class: "note" }, `runs for ${span(elapsed)}; none of its lane has ended before`)];
  const late = elapsed > took.nine_of_ten_ms;
  return [
    forecast(elapsed, took),
    late ? "late" : between(start + took.fastest_ms, start + took.nine_of_ten_ms),
    h("span", { class: "note" }, late
      ? `runs for ${span(elapsed)}; 9 of 10 before took ${span(took.nine_of_ten_ms)} at most`
      : `by ${count(took.batches, "earlier one")} of its lane`)];
}

function forecast(elapsed, took) {
  const all = Math.max(took.nine_of_ten_ms * 1.12, elapsed, 1);
  const share = (millis) => `${((100 * millis) / all).toFixed(1)}%`;
  return h("span", { class: "forecast", "aria-hidden": "true",
    vars: { "--from": share(took.fastest_ms), "--half": share(took.half_ms), "--to": share(took.nine_of_ten_ms), "--now": share(elapsed) } },
  h("i", { class: "range" }), h("i", { class: "half" }), h("i", { class: "needle" }));
}

function meter(share, text, label, kind, bad = 0) {
  const full = Math.min(1, Math.max(0, share));
  return h("span", { class: `meter ${kind}`, role: "progressbar", "aria-label": label, "aria-valuemin": "0", "aria-valuemax": "100",
    "aria-valuenow": String(Math.round(full * 100)), "aria-valuetext": text,
    vars: { "--share": `${(full * 100).toFixed(1)}%`, "--bad": `${(bad * 100).toFixed(1)}%` } },
  h("i"), bad > 0 ? h("i", { class: "bad" }) : null);
}

// ---- doubts ----

function doubts(list) {
  return section("doubts", "Doubts and holds", list.length ? "what is unknown, and what to do" : null,
    list.length === 0
      ? h("p", { class: "empty good" }, "None. Each create got its answer, and no batch waits for evidence.")
      : h("ul", { class: "cards" }, list.map(({ doing, batch }) =>
        h("li", { key: batch.batch_id, class: batch.hold ? "card alarm" : "card doubt" },
          h("div", { class: "head" },
            h("a", { href: `#/batches/${encodeURIComponent(batch.batch_id)}`, title: batch.batch_id }, shortId(batch.batch_id)),
            phase({ ...batch, batch_id: `${batch.batch_id}-doubt` }), ago(batch.changed_at)),
          h("p", null, doing),
          batch.reason ? h("p", { class: "note" }, batch.reason) : null,
          h("p", { class: "note" }, batch.lane, " · ", count(batch.requests, "request"), " · ", count(batch.attempts.length, "attempt")),
          buttons(holdActions(batch))))));
}

// ---- accounts, and who steers them ----

function accounts(list, lanes) {
  return table("accounts-table", "Accounts", ["Account", "State", "Wait", "In batches"], list.map((account) => {
    const waiting = sum(lanes.filter((lane) => lane.account === account.account), (lane) => lane.waiting);
    return [account.account,
      [h("strong", { class: "name" }, account.account), h("span", { class: "note" }, account.provider), buttons(accountActions(account, waiting))],
      accountState(account),
      number(account.waiting),
      number(account.in_batches)];
  }));
}

function accountState(account) {
  const paused = account.paused_by === "" ? [] : [h("span", { key: "paused", class: "keeps paused" }, `paused by ${account.paused_by}, `, ago(account.paused_since))];
  const waits = account.paused_here.map((reason) => h("span", { key: reason, class: "keeps" }, PAUSES[reason] ?? reason));
  return paused.length + waits.length === 0 ? "open" : [paused, waits];
}

function audits({ readable, wishes }, data) {
  if (!readable) return h("p", { class: "empty" }, "This process may not read the audit topic: it has no right to.");
  if (wishes.length === 0) return h("p", { class: "empty" }, "Nothing lately.");
  const states = new Map([...data.open.batches, ...data.settled.batches].map((batch) => [batch.batch_id, batch.state]));
  return h("ol", { class: "wishes", tabindex: "0", "aria-label": "What operators did, the latest first" }, wishes.map((wish) => h("li", { key: wish.command_id, title: `Command ${wish.command_id}` },
    h("strong", null, wish.by), ` ${DID[wish.action] ?? wish.action} `, object(wish), wish.resolution ? ` (${wish.resolution})` : null,
    h("span", { class: "note" }, ago(wish.at), states.has(wish.batch_id) ? ` · it is ${states.get(wish.batch_id)} now` : null,
      wish.repeated > 0 ? ` · said ${count(wish.repeated + 1, "time")}` : null))));
}

function object(wish) {
  if (wish.request) return "a request";
  if (wish.batch_id) return ["batch ", h("a", { href: `#/batches/${encodeURIComponent(wish.batch_id)}`, title: wish.batch_id }, shortId(wish.batch_id))];
  return wish.lane ? `lane ${wish.lane}` : `account ${wish.account}`;
}

// ---- money ----

function savings({ report: { total } }) {
  const would = total.synchronous_usd;
  return h("section", { key: "saved", class: "saved", "aria-labelledby": "saved-title" },
    h("h2", { id: "saved-title" }, "Saved so far"),
    h("p", { class: "sum" }, usd(total.saved_usd)),
    total.answers === 0
      ? h("p", { class: "note" }, "Nothing is paid yet.")
      : [meter(would > 0 ? total.paid_usd / would : 0, `${usd(total.paid_usd)} paid of ${usd(would)}`, "Paid of what sending at once costs", "paid"),
        h("p", { class: "note" }, `${usd(total.paid_usd)} instead of ${usd(would)} at once`, would > 0 ? `: ${percent(total.saved_usd, would)} less` : ""),
        h("p", { class: "note" }, `${compact(total.answers)} answers in ${count(total.batches, "batch", "batches")} that the ledger still has`)]);
}

function money({ budgets, report }) {
  const rows = report.rows.filter((row) => row.answers > 0);
  return [
    budgets.length === 0
      ? h("p", { key: "none", class: "empty" }, "No budget is configured: nothing limits what is spent.")
      : h("ul", { key: "budgets", class: "budgets" }, budgets.map((budget) => h("li", { key: budget.name },
        h("div", { class: "head" }, h("strong", null, budget.name), h("span", null, `${usd(budget.spent)} of ${usd(budget.usd)}`)),
        meter((budget.spent + budget.reserved) / budget.usd, `${usd(budget.spent)} spent and ${usd(budget.reserved)} reserved of ${usd(budget.usd)}`, `Budget ${budget.name}`,
          budget.spent + budget.reserved > 0.9 * budget.usd ? "budget tight" : "budget"),
        h("span", { class: "note" }, `${usd(budget.reserved)} reserved for batches under way; what does not fit ${budget.rejects ? "is rejected" : "waits"}`)))),
    rows.length === 0
      ? h("p", { key: "unspent", class: "empty" }, "What batches cost is shown here as their answers come.")
      : table("money-table", "By account and model", ["Model", "Answers", "Paid", "Saved"],
        rows.map((row) => [`${row.account}/${row.model}`,
          [h("strong", { class: "name" }, row.model), h("span", { class: "note" }, row.account)],
          [compact(row.answers), row.unpriced_tokens > 0 ? h("span", { class: "note" }, `${compact(row.unpriced_tokens)} tokens without a price`) : null],
          usd(row.paid_usd),
          [usd(row.saved_usd), row.saved_by_caches_usd ? h("span", { class: "note" }, `${usd(row.saved_by_caches_usd)} by caches`) : null]])),
    report.total.exposed_lines > 0
      ? h("p", { key: "exposed", class: "note" }, `${count(report.total.exposed_lines, "line")} may have been bought twice: ${usd(report.total.exposed_usd)} at most.`)
      : null,
  ];
}

// ---- errors ----

function errors({ status, open, settled }, lanes) {
  const total = (what) => sum(lanes, (lane) => lane.totals[what]);
  const read = (what) => sum(status?.status.requests ?? [], (partition) => partition.counts[what]);
  const rows = [
    ["failed", total("failed"), "Refused by the vendor for good, or tried as often as is allowed. The result says why."],
    ["expired", total("expired"), "Not answered within its life or its deadline."],
    ["cancelled", total("cancelled"), "Somebody wanted it so."],
    ["over budget", total("rejected"), "No budget had room for it."],
    ["rejected", read("rejected"), "Not a request that could be sent. The result says why."],
    ["dead letter", read("dead_lettered"), "No result could answer it: halfrate dlq list."],
    ["id conflict", total("conflicts"), "Another content under an id in flight; a dead letter as well."],
  ].filter(([, requests]) => requests > 0);
  const refusals = new Map();
  for (const batch of [...open.batches, ...settled.batches].filter((each) => each.refusal_code)) {
    refusals.set(batch.refusal_code, [...(refusals.get(batch.refusal_code) ?? []), batch]);
  }
  return [
    rows.length === 0
      ? h("p", { key: "none", class: "empty good" }, "Nothing. Every request that has ended was answered with success.")
      : table("errors-table", "Requests by how they ended", ["Class", "Requests", "Meaning"],
        rows.map(([name, requests, meaning]) => [name, h("strong", { class: "name" }, name), number(requests), h("span", { class: "note" }, meaning)])),
    refusals.size === 0 ? null : table("refusals-table", "Batches that the vendor refused", ["Vendor's word", "Batches", "Latest"],
      [...refusals].map(([code, batches]) => [code, h("code", null, code), number(batches.length),
        h("a", { href: `#/batches/${encodeURIComponent(batches[0].batch_id)}` }, shortId(batches[0].batch_id))])),
  ];
}

// ---- the first time ----

function firstSteps(topic) {
  return h("section", { key: "first", class: "first", "aria-labelledby": "first-title" },
    h("h2", { id: "first-title" }, "Nothing has been sent yet"),
    h("p", null, "Write a request to the topic ", h("code", null, topic), ". It waits in its lane until the window closes, and then you see its batch here."),
    h("pre", { tabindex: "0" }, h("code", null,
      `echo '{"custom_id": "hello-1", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "gpt-4o-mini", ` +
      `"messages": [{"role": "user", "content": "Hello!"}]}}' | kcat -b localhost:19092 -P -t ${topic}`)),
    h("p", { class: "note" }, "The broker is that of ./halfrate local; elsewhere name your own. ./halfrate local --demo-load sends requests by itself."));
}

// ---- tables ----

/** Rows are a key and cells; on a phone each row is a card, and its cells bear their column's name. */
export function table(key, caption, columns, rows) {
  return h("table", { key, class: key, role: "table" },
    h("caption", { class: "unseen" }, caption),
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, columns.map((name) => h("th", { scope: "col", role: "columnheader" }, name)))),
    h("tbody", { role: "rowgroup" }, rows.map(([row, ...cells]) =>
      h("tr", { key: row, role: "row" }, cells.map((cell, i) =>
        i === 0
          ? h("th", { scope: "row", role: "rowheader" }, cell)
          : h("td", { role: "cell", "data-label": columns[i] }, h("span", { class: "value" }, cell)))))));
}

export function endedOf(totals) {
  return totals.succeeded + totals.failed + totals.expired + totals.cancelled + totals.rejected;
}

export function sum(list, of) {
  return list.reduce((all, each) => all + of(each), 0);
}
