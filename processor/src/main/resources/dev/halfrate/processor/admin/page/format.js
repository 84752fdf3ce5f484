/** Numbers with units, and times, as the reader's locale has them. */

import { h } from "./dom.js";

const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const one = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const short = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });
const cents = new Intl.NumberFormat(undefined, { style: "currency", currency: "USD" });
const fine = new Intl.NumberFormat(undefined, { style: "currency", currency: "USD", maximumSignificantDigits: 3 });
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });
const minutes = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const seconds = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit", second: "2-digit" });
const days = new Intl.DateTimeFormat(undefined, { weekday: "short", hour: "numeric", minute: "2-digit" });

const HOUR = 3_600_000;

let skew = 0;

/** Takes the server's clock for the right one, if ours is not about the same. */
export function setClock(serverMillis) {
  const off = serverMillis - Date.now();
  skew = Math.abs(off) > 5_000 ? off : 0;
}

/** Milliseconds since 1970. */
export function now() {
  return Date.now() + skew;
}

export const number = (value) => whole.format(value);
export const compact = (value) => (Math.abs(value) < 10_000 ? whole.format(value) : short.format(value));
export const usd = (value) => (value !== 0 && Math.abs(value) < 1 ? fine : cents).format(value);
export const percent = (part, all) => (all > 0 ? `${one.format((100 * part) / all)} %` : "–");
export const rate = (perSecond) => (perSecond >= 10 ? whole : one).format(perSecond);

export function count(value, thing, things = `${thing}s`) {
  return `${number(value)} ${value === 1 ? thing : things}`;
}

export function bytes(value) {
  const units = ["B", "KB", "MB", "GB"];
  const power = Math.min(units.length - 1, value < 1_000 ? 0 : Math.floor(Math.log10(value) / 3));
  return `${one.format(value / 1_000 ** power)} ${units[power]}`;
}

/** A duration in its two largest units. */
export function span(millis) {
  const s = Math.round(millis / 1_000);
  if (s < 1) return `${Math.max(0, Math.round(millis))} ms`;
  if (s < 60) return `${s} s`;
  if (s < 600 && s % 60) return `${Math.floor(s / 60)} min ${s % 60} s`;
  const m = Math.round(s / 60);
  if (m < 60) return `${m} min`;
  if (m < 2_880) return m % 60 ? `${Math.floor(m / 60)} h ${m % 60} min` : `${m / 60} h`;
  return `${whole.format(m / 1_440)} days`;
}

/** An element that says how long ago something was, and when exactly. */
export function ago(iso) {
  const millis = now() - Date.parse(iso);
  const text = millis < 1_500 ? "just now" : `${span(millis)} ago`;
  return h("time", { datetime: iso, title: moment.format(new Date(iso)) }, text);
}

/** A range as times of the day. */
export function between(from, to) {
  const format = to - now() > 18 * HOUR ? days : to - from < 300_000 ? seconds : minutes;
  return format.formatRange(from, to);
}

/** The end of an id, where the ids differ; the whole id is in the title. */
export function shortId(id) {
  return id.length <= 20 ? id : `…${id.slice(-14)}`;
}
