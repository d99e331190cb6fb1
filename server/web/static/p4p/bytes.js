// Bytes and their text forms. Whatever is parsed is held to its one spelling:
// what does not re-encode to the same characters is refused.

import { fail } from "./error.js";

const encoder = new TextEncoder();
// ignoreBOM keeps a leading U+FEFF: it is a byte sequence like any other.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const strictDecoder = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

export const utf8 = (s) => encoder.encode(s);
export const looseText = (b) => decoder.decode(b);

// strictText throws where b is not UTF-8.
export const strictText = (b) => strictDecoder.decode(b);

// cat joins byte arrays and ASCII labels, the protocol's ‖.
export function cat(...parts) {
  const list = parts.map((p) => (typeof p === "string" ? utf8(p) : p));
  const out = new Uint8Array(list.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of list) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}

export const u8 = (n) => Uint8Array.of(n);

export function u32(n) {
  const b = new Uint8Array(4);
  new DataView(b.buffer).setUint32(0, n);
  return b;
}

// u64 writes a number below 2^53, or a BigInt.
export function u64(n) {
  const b = new Uint8Array(8);
  new DataView(b.buffer).setBigUint64(0, BigInt(n));
  return b;
}

export const readU64 = (b) => new DataView(b.buffer, b.byteOffset, 8).getBigUint64(0);

export function equal(a, b) {
  if (a.length !== b.length) return false;
  let diff = 0;
  for (let i = 0; i < a.length; i++) diff |= a[i] ^ b[i];
  return diff === 0;
}

export const isZero = (b) => b.every((x) => x === 0);

export const random = (n) => crypto.getRandomValues(new Uint8Array(n));

export const toHex = (b) => Array.from(b, (x) => x.toString(16).padStart(2, "0")).join("");

export function fromHex(s) {
  const out = new Uint8Array(s.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = parseInt(s.slice(2 * i, 2 * i + 2), 16);
  return out;
}

export function to64(b) {
  let s = "";
  for (let i = 0; i < b.length; i += 4096) s += String.fromCharCode(...b.subarray(i, i + 4096));
  return btoa(s).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

const form64 = /^[A-Za-z0-9_-]*$/;
const ends64 = { 2: /[AQgw]$/, 3: /[AEIMQUYcgkosw048]$/ }; // by the length modulo 4: spare bits are zero

// from64 reads unpadded base64url, of exactly n bytes if n is given; null for
// any other spelling.
export function from64(s, n) {
  if (typeof s !== "string") return null;
  const over = s.length % 4;
  if (over === 1 || !form64.test(s) || ends64[over]?.test(s) === false) return null;
  const raw = atob(s.replaceAll("-", "+").replaceAll("_", "/"));
  if (n !== undefined && raw.length !== n) return null;
  const b = new Uint8Array(raw.length);
  for (let i = 0; i < b.length; i++) b[i] = raw.charCodeAt(i);
  return b;
}

const alphabet32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

export function to32(b) {
  let out = "";
  let bits = 0;
  let value = 0;
  for (const x of b) {
    value = (value << 8) | x;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out += alphabet32[(value >> bits) & 31];
    }
    value &= (1 << bits) - 1;
  }
  return bits > 0 ? out + alphabet32[(value << (5 - bits)) & 31] : out;
}

// from32 reads upper-case base32 without padding, of exactly n bytes; null for
// any other spelling, spare bits included.
export function from32(s, n) {
  const out = [];
  let bits = 0;
  let value = 0;
  for (const c of s) {
    const v = alphabet32.indexOf(c);
    if (v < 0) return null;
    value = (value << 5) | v;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      out.push((value >> bits) & 255);
    }
    value &= (1 << bits) - 1;
  }
  const b = Uint8Array.from(out);
  return b.length === n && to32(b) === s ? b : null;
}

const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export const isUUID = (s) => typeof s === "string" && s.length === 36 && uuidForm.test(s);

// uuidBytes reads the canonical text form: bad_request.
export function uuidBytes(s) {
  if (!isUUID(s)) fail("bad_request", "That is not a UUID in its canonical lower-case form.");
  return fromHex(s.replaceAll("-", ""));
}

export function uuidText(b) {
  const h = toHex(b);
  return [h.slice(0, 8), h.slice(8, 12), h.slice(12, 16), h.slice(16, 20), h.slice(20, 32)].join("-");
}

export const zeroUUID = "00000000-0000-0000-0000-000000000000";

// parseCursor reads EPOCH:SEQ: bad_request.
export function parseCursor(s) {
  const m = /^([^:]*):(0|[1-9][0-9]{0,15})$/.exec(s);
  const seq = m ? Number(m[2]) : NaN;
  if (!m || m[0] !== s || !isUUID(m[1]) || !Number.isSafeInteger(seq)) {
    fail("bad_request", "That is not a cursor: one looks like EPOCH:SEQ.");
  }
  return { epoch: m[1], seq };
}

export const cursorText = (c) => `${c.epoch}:${c.seq}`;
