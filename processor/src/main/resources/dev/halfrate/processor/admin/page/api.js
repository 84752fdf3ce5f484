/** Asks this process. A token is kept for this tab, and goes nowhere but into a header. */

import { setClock } from "./format.js";

const TOKEN = "halfrate-token";
const WITHIN_MILLIS = 15_000;

/** Why there is no answer; `status` is 0 if nobody answers. */
export class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

export const hasToken = () => sessionStorage.getItem(TOKEN) !== null;

export function setToken(token) {
  if (token) sessionStorage.setItem(TOKEN, token);
  else sessionStorage.removeItem(TOKEN);
}

/** The document at a path below api/. */
export const get = (path) => ask(path, {}, {});

/** Has something done. Whoever says it again with the same id says nothing new. */
export function post(path, body, id) {
  return ask(path, { "content-type": "application/json", "idempotency-key": id, "x-halfrate-csrf": "1" },
    { method: "POST", body: body === null ? undefined : JSON.stringify(body) });
}

async function ask(path, more, how) {
  const headers = { accept: "application/json", ...more };
  const token = sessionStorage.getItem(TOKEN);
  if (token) headers.authorization = `Bearer ${token}`;
  let answer;
  let body;
  try {
    answer = await fetch(`api/${path}`, { ...how, headers, cache: "no-store", signal: AbortSignal.timeout(WITHIN_MILLIS) });
    body = await answer.json();
  } catch {
    throw new Problem(0, "This process does not answer.");
  }
  const date = Date.parse(answer.headers.get("date") ?? "");
  if (!Number.isNaN(date)) setClock(date);
  if (!answer.ok) throw new Problem(answer.status, body.detail ?? `It answers ${answer.status}.`);
  return body;
}
