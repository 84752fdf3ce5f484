/** One batch with its history as far as it is known. */

import { batchActions, buttons, holdActions } from "./actions.js";
import { h } from "./dom.js";
import { ago, bytes, compact, count, number, percent, shortId, span, usd } from "./format.js";
import { answers, ends, phase, table } from "./overview.js";
import { OUTCOMES, PHASES, state } from "./words.js";

export function batchView({ batch }, lanes, doing) {
  const { phase: at, tone, meaning } = state(batch);
  return [
    h("nav", { key: "back", "aria-label": "Back" }, h("a", { href: "#/" }, "← Overview")),
    h("h1", { key: "title", tabindex: "-1" }, "Batch ", h("code", null, batch.batch_id)),
    h("section", { key: "now", class: "detail", "aria-label": "Where it is" },
      h("ol", { class: `road ${tone}` }, PHASES.map((name, i) =>
        h("li", { class: i < at || tone === "done" ? "past" : i === at ? "now" : "", "aria-current": i === at ? "step" : null }, name))),
      h("p", null, phase(batch), " ", meaning),
      batch.reason ? h("p", { class: "reason" }, batch.reason, batch.refusal_code ? [" (", h("code", null, batch.refusal_code), ")"] : null) : null,
      doing ? h("p", { class: "doing" }, h("strong", null, "What to do: "), doing) : null,
      h("div", { class: "two" },
        h("div", null, h("h2", null, "Answers"), answers(batch)),
        h("div", null, h("h2", null, "Ends"), ends(batch, lanes))),
      buttons([...holdActions(batch), ...batchActions(batch)])),
    h("div", { key: "pair", class: "pair" },
      h("section", { key: "history", "aria-labelledby": "history-title" }, h("h2", { id: "history-title" }, "History"), history(batch)),
      h("section", { key: "facts", "aria-labelledby": "facts-title" }, h("h2", { id: "facts-title" }, "Facts"), facts(batch))),
    batch.attempts.length === 0 ? null : h("section", { key: "attempts", "aria-labelledby": "attempts-title" },
      h("h2", { id: "attempts-title" }, "Attempts to create it"),
      table("attempts-table", "Attempts", ["Attempt", "Outcome", "Started", "At the vendor"], batch.attempts.map((attempt) => [attempt.number,
        number(attempt.number),
        [attempt.outcome, h("span", { class: "note" }, OUTCOMES[attempt.outcome] ?? "")],
        attempt.started_at ? ago(attempt.started_at) : "not yet",
        [attempt.remote_batch_id ? h("code", null, attempt.remote_batch_id) : "no batch known",
          attempt.input_file_id ? h("span", { class: "note" }, "file ", h("code", null, attempt.input_file_id)) : null]]))),
    batch.twins.length === 0 ? null : h("section", { key: "twins", "aria-labelledby": "twins-title" },
      h("h2", { id: "twins-title" }, "Second remote batches"),
      table("twins-table", "Second remote batches", ["At the vendor", "State", "Lines executed"], batch.twins.map((twin) => [twin.remote_batch_id,
        h("code", null, twin.remote_batch_id), twin.over ? "over" : "is being cancelled", number(twin.lines)]))),
  ];
}

function history(batch) {
  const steps = [
    ["sealed", batch.sealed_at, `window closed with ${count(batch.requests, "request")}`],
    ...batch.attempts.filter((attempt) => attempt.started_at).map((attempt) =>
      [`attempt ${attempt.number}`, attempt.started_at, OUTCOMES[attempt.outcome] ?? attempt.outcome]),
    ["created", batch.created_at, "the vendor has it"],
    ["ended", batch.ended_at, batch.remote_status ? `at the vendor: ${batch.remote_status}` : "at the vendor"],
    [batch.state, batch.changed_at, "its present state"],
  ].filter(([, at]) => at).sort((one, other) => Date.parse(one[1]) - Date.parse(other[1]));
  return h("ol", { class: "history" }, steps.map(([name, at, note], i) => h("li", { key: `${name}-${at}` },
    h("strong", null, name), " ", ago(at),
    h("span", { class: "note" }, note, i > 0 ? ` · ${span(Date.parse(at) - Date.parse(steps[i - 1][1]))} later` : ""))));
}

function facts(batch) {
  const cost = batch.spend.cost;
  const usage = batch.spend.usage;
  const saved = cost.synchronous - cost.paid;
  const exposed = Object.values(batch.figures).reduce((all, lines) => all + lines, 0);
  const link = (id) => h("a", { href: `#/batches/${encodeURIComponent(id)}`, title: id }, shortId(id));
  return h("dl", null, [
    ["Lane", batch.lane],
    ["Account, pool", batch.account === batch.pool ? batch.account : `${batch.account}, ${batch.pool}`],
    ["Size", `${count(batch.requests, "request")}, ${bytes(batch.bytes)}`],
    ["At the vendor", batch.remote_batch_id ? h("code", null, batch.remote_batch_id) : "no remote batch known"],
    ["Ended as", [`${number(batch.succeeded)} succeeded, ${number(batch.failed)} failed, ${number(batch.expired)} expired, ${number(batch.cancelled)} cancelled`,
      batch.returned ? `, ${number(batch.returned)} back to the lane` : "", batch.elsewhere ? `, ${number(batch.elsewhere)} in other parts` : ""]],
    ["Tokens", batch.spend.answers ? `${compact(usage.input_tokens)} in, ${compact(usage.output_tokens)} out` : "none reported yet"],
    ["Cost", batch.spend.answers ? `${usd(cost.paid)}, ${usd(saved)} (${percent(saved, cost.synchronous)}) saved` : "nothing yet"],
    exposed > 0 ? ["Perhaps bought twice", count(exposed, "line")] : null,
    batch.first_deadline ? ["First deadline", ago(batch.first_deadline)] : null,
    batch.parent_id ? ["Split off from", link(batch.parent_id)] : null,
    batch.open_parts.length ? ["Open parts", batch.open_parts.map((id) => [link(id), " "])] : null,
  ].filter(Boolean).map(([name, value]) => h("div", { key: name }, h("dt", null, name), h("dd", null, value))));
}
