/** Where one request is. */

import { buttons, requestActions } from "./actions.js";
import { h } from "./dom.js";
import { shortId } from "./format.js";
import { answers, ends, phase } from "./overview.js";
import { PLACES } from "./words.js";

export function requestView(found, lanes) {
  return [
    h("nav", { key: "back", "aria-label": "Back" }, h("a", { href: "#/" }, "← Overview")),
    h("h1", { key: "title", tabindex: "-1" }, "Request ", h("code", null, found.custom_id)),
    found.places.length === 0
      ? h("p", { key: "none", class: "empty" }, "No lane or batch knows it: it never came, or it has ended. ", found.look)
      : h("ul", { key: "places", class: "cards" }, found.places.map((place, i) => h("li", { key: i, class: "card" }, placeCard(place, lanes)))),
    buttons(requestActions(found)),
    Object.entries(found.unanswered).map(([pool, why]) =>
      h("p", { key: `un-${pool}`, class: "reason" }, `The lanes of ${pool} could not be asked: ${why}.`)),
    found.places.length === 0 ? null : h("p", { key: "look", class: "note" }, found.look),
  ];
}

function placeCard({ sighting, batch }, lanes) {
  return [
    h("div", { class: "head" }, h("strong", null, sighting.place.replace("_", " ")), h("span", null, sighting.lane || sighting.pool)),
    h("p", null, PLACES[sighting.place] ?? ""),
    sighting.batch_id === "" ? null : h("p", null, "Batch ",
      h("a", { href: `#/batches/${encodeURIComponent(sighting.batch_id)}`, title: sighting.batch_id }, shortId(sighting.batch_id)),
      sighting.item === null ? "" : `, item ${sighting.item + 1} of it`),
    batch === null ? null : [h("p", null, phase(batch)), h("div", { class: "two" }, h("div", null, answers(batch)), h("div", null, ends(batch, lanes)))],
  ];
}
