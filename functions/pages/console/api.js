// Talking to the API, and the session in which that is done. The session lives in this tab only.

const ROOT = new URL("../../api/v2/", import.meta.url);
const KEPT = "tessera.session";

/** What the API refused: `fields` says what is wrong with which field. */
export class Refused extends Error {
  constructor(status, said) {
    super(said?.message ?? `The server answered ${status}.`);
    this.status = status;
    this.code = said?.error_code;
    this.fields = said?.errors ?? {};
  }
}

let session = kept();
let ended = () => {};
let limit = null;

function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT));
  } catch {
    return null;
  }
}

/** The session: token, expires_at, user, permissions, timezone, sandbox; null when nobody is signed in. */
export const current = () => session;

/** Call this when the session turns out to be over. */
export function onEnd(listener) {
  ended = listener;
}

/** The limit of the session as the last answer had it: size, remaining, reset. */
export const sessionLimit = () => limit;

export async function signIn(login, password) {
  const { data } = await call("sessions", { method: "POST", body: { login, password }, open: true });
  session = data;
  sessionStorage.setItem(KEPT, JSON.stringify(data));
  return data;
}

/** Forget the session. */
export function signOut() {
  session = null;
  limit = null;
  sessionStorage.removeItem(KEPT);
}

/** Whether the session permits something (`credentials.view`), as the API would say. */
export function may(permission) {
  const [module, action] = permission.split(".");
  return (session?.permissions ?? []).some(
    (one) => one === "*" || one === permission || one === `${module}.*` || one === `*.${action}`,
  );
}

/**
 * Numbers as the decimal text that was sent, where a float would not hold them: anything with a point, or long. `mark`
 * stands before each of these, for `printed`.
 */
export function exact(text, mark = "") {
  const tokens = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g;
  return JSON.parse(
    text.replace(tokens, (token) => (token[0] === '"' || /^-?\d{1,15}$/.test(token) ? token : `"${mark}${token}"`)),
  );
}

const MARK = "\\u0000";

/** A part of an answer that was asked for with `marked`, as JSON with the numbers that were sent. */
export const printed = (value) => JSON.stringify(value, null, 2).replace(/"\\u0000([^"]*)"/g, "$1");

/**
 * One request: `call("invoices", {query: {page: 2}})` answers `{data, meta, message}`.
 * Throws Refused; a request that never arrived has status 0.
 */
export async function call(path, { method = "GET", query = {}, body, open = false, marked = false } = {}) {
  const answer = await send(path, method, query, body, open);
  const text = await answer.text();
  let said = null;
  try {
    said = exact(text, marked ? MARK : "");
  } catch {
    throw new Refused(answer.status, { message: "The server sent something that is not JSON." });
  }
  if (answer.status === 401 && !open) expire();
  if (!answer.ok || said?.success === false) throw new Refused(answer.status, said);
  return said;
}

/** A file: its bytes and its name. */
export async function file(path) {
  const answer = await send(path, "GET", {}, undefined, false, "application/pdf, application/json");
  if (answer.status === 401) expire();
  if (!answer.ok) throw new Refused(answer.status, await answer.json().catch(() => null));
  const [, name] = /filename="?([^";]+)"?/.exec(answer.headers.get("content-disposition") ?? "") ?? [];
  return { bytes: await answer.blob(), name };
}

async function send(path, method, query, body, open, accept = "application/json") {
  const url = new URL(path, ROOT);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") url.searchParams.set(name, value);
  }
  const headers = { accept };
  if (!open && session) headers.authorization = `Bearer ${session.token}`;
  if (body !== undefined) headers["content-type"] = "application/json";
  let answer;
  try {
    answer = await fetch(url, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: "no-store",
      credentials: "omit",
    });
  } catch {
    throw new Refused(0, { message: "The server could not be reached. Check the connection and try again." });
  }
  const size = answer.headers.get("x-ratelimit-limit");
  if (size && !open) {
    limit = {
      size: Number(size),
      remaining: Number(answer.headers.get("x-ratelimit-remaining")),
      reset: Number(answer.headers.get("x-ratelimit-reset")),
    };
  }
  return answer;
}

function expire() {
  if (session === null) return;
  signOut();
  ended();
}

const names = new Map();

/** The names of customers, each asked for once: a map from id to name. */
export async function customerNames(ids) {
  if (!may("customers.view")) return new Map();
  const unknown = [...new Set(ids)].filter((id) => id !== null && id !== undefined && !names.has(id));
  await Promise.all(
    unknown.map(async (id) => {
      try {
        names.set(id, (await call(`customers/${id}`)).data.account);
      } catch {
        // A customer that was deleted still stands on their invoices, without a name.
      }
    }),
  );
  return names;
}

/** Forget the names: another person's customers may have the same ids. */
export const forgetNames = () => names.clear();
