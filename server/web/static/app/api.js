// The calls to the server that served this page.

import { P4PError } from "../p4p/error.js";
import { authorization } from "../p4p/friendship.js";

const unreachable = () => new P4PError("server_unreachable", "The server cannot be reached right now. Are you online?");
const foreign = () => new P4PError("foreign_server", "What answers there is not a P4P server, or one of another version.");

// call makes one call and gives its answer's JSON, or bytes. Codes: those of
// docs/protocol.md, server_unreachable, foreign_server.
async function call(method, path, { token, json, bytes, raw } = {}) {
  const headers = {};
  if (token) headers.Authorization = authorization(token);
  if (json) headers["Content-Type"] = "application/json";
  let r;
  try {
    r = await fetch(path, {
      method,
      headers,
      body: json ? JSON.stringify(json) : bytes,
      credentials: "omit",
      redirect: "error",
      cache: raw ? "default" : "no-store",
      signal: AbortSignal.timeout(bytes || raw ? 120_000 : 20_000),
    });
    if (r.ok && raw) return new Uint8Array(await r.arrayBuffer());
    if (r.status === 204) return null;
  } catch {
    throw unreachable();
  }
  let answer;
  try {
    answer = await r.json();
  } catch {
    throw r.status >= 500 ? unreachable() : foreign(); // a proxy's page
  }
  if (r.ok) return answer;
  const e = answer?.error;
  if (typeof e?.code !== "string" || typeof e?.message !== "string") throw foreign();
  throw new P4PError(e.code, e.message);
}

export async function info() {
  const i = await call("GET", "/v1/info");
  if (typeof i?.server !== "string" || typeof i?.epoch !== "string") throw foreign();
  return i;
}

export function records(query) {
  const q = new URLSearchParams(Object.entries(query).filter(([, v]) => v !== undefined));
  return call("GET", `/v1/records?${q}`);
}

export const record = (id) => call("GET", `/v1/records/${id}`);

// postRecord gives the seq, or throws why the record was refused.
export async function postRecord(jws) {
  const { results } = await call("POST", "/v1/records", { json: { records: [jws] } });
  const [r] = results;
  if (r.error) throw new P4PError(r.error.code, r.error.message);
  return r.seq;
}

export const putPicture = (id, bytes) => call("PUT", `/v1/blobs/${id}`, { bytes });
export const picture = (id) => call("GET", `/v1/blobs/${id}`, { raw: true });

export const mailbox = (method, f, token, json) => call(method, `/v1/friendships/${f}`, { token, json });

// Whether an error may go away by itself.
export const isTemporary = (err) =>
  ["server_unreachable", "unavailable", "rate_limited", "internal", "foreign_server"].includes(err.code);
