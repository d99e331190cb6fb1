// The calls to the server that served this page.

import { cat, looseText } from "../p4p/bytes.js";
import { codeOf, P4PError } from "../p4p/error.js";
import { authorization } from "../p4p/friendship.js";
import { limits } from "../p4p/record.js";
import { line } from "./text.js";

export const unreachable = () => new P4PError("server_unreachable", "The server cannot be reached right now. Are you online?");
export const foreign = () => new P4PError("foreign_server", "What answers there is not a P4P server, or one of another version.");

// refused is what a server says no with. Its sentence is a stranger's text.
const refused = ({ code, message }) => new P4PError(code, line(message).slice(0, 500));

const mostJSON = 1 << 20; // bytes of an answer
const mostPage = 200 * limits.record + mostJSON;

// call makes one call and gives its answer's JSON, or bytes. Codes: those of
// docs/protocol.md, server_unreachable, foreign_server.
async function call(method, path, { token, json, bytes, raw, most = mostJSON, patience = 20_000 } = {}) {
  const headers = {};
  if (token) headers.Authorization = authorization(token);
  if (json) headers["Content-Type"] = "application/json";
  let r;
  let body;
  try {
    r = await fetch(path, {
      method,
      headers,
      body: json ? JSON.stringify(json) : bytes,
      credentials: "omit",
      redirect: "error",
      cache: raw ? "default" : "no-store",
      signal: AbortSignal.timeout(patience),
    });
    if (r.status === 204) return null;
    body = await read(r, r.ok ? most : mostJSON);
  } catch {
    throw unreachable();
  }
  if (body === null) throw foreign();
  if (r.ok && raw) return body;
  let answer;
  try {
    answer = JSON.parse(looseText(body));
  } catch {
    throw r.status >= 500 ? unreachable() : foreign(); // a proxy's page
  }
  if (r.ok) return answer;
  const e = answer?.error;
  if (typeof e?.code !== "string" || typeof e?.message !== "string") throw foreign();
  throw refused(e);
}

// read gives a body's bytes, null where there are more than most.
async function read(r, most) {
  const parts = [];
  let n = 0;
  for (const reader = r.body?.getReader(); reader; ) {
    const { done, value } = await reader.read();
    if (done) break;
    n += value.length;
    if (n > most) {
      reader.cancel().catch(() => {});
      return null;
    }
    parts.push(value);
  }
  return cat(...parts);
}

// info is what the server says of itself, within patience in milliseconds.
export async function info(patience) {
  const i = await call("GET", "/v1/info", { patience });
  if (typeof i?.server !== "string" || typeof i?.epoch !== "string" || !Number.isSafeInteger(i?.seq)) throw foreign();
  return i;
}

// records gives a page of the log, newest first.
export async function records(query) {
  const q = new URLSearchParams(Object.entries(query).filter(([, v]) => v !== undefined));
  const p = await call("GET", `/v1/records?${q}`, { most: mostPage });
  if (!Array.isArray(p?.events) || !(p.before === undefined || Number.isSafeInteger(p.before))) throw foreign();
  return p;
}

export const record = (id) => call("GET", `/v1/records/${id}`);

// postRecord gives the seq, or throws why the record was refused.
export async function postRecord(jws) {
  const answer = await call("POST", "/v1/records", { json: { records: [jws] } });
  const r = answer?.results?.[0];
  if (typeof r?.error?.code === "string" && typeof r.error.message === "string") throw refused(r.error);
  if (!Number.isSafeInteger(r?.seq)) throw foreign();
  return r.seq;
}

const slow = { patience: 120_000 }; // ms, for a picture

export const putPicture = (id, bytes) => call("PUT", `/v1/blobs/${id}`, { bytes, ...slow });
export const picture = (id) => call("GET", `/v1/blobs/${id}`, { raw: true, most: limits.picture, ...slow });

export const mailbox = (method, f, token, json) => call(method, `/v1/friendships/${f}`, { token, json });

// Whether an error may go away by itself.
export const isTemporary = (err) =>
  ["server_unreachable", "unavailable", "rate_limited", "internal", "foreign_server"].includes(codeOf(err));
