// Records: signed statements, each with exactly one spelling.

import { from64, isUUID, looseText, random, strictText, to64, utf8, zeroUUID } from "./bytes.js";
import { sha256, uuid8 } from "./crypto.js";
import { fail } from "./error.js";
import { checkPublicKey, sign, verify } from "./key.js";

export const limits = {
  text: 4000, // bytes of UTF-8
  alt: 1000,
  reason: 1000,
  record: 48 << 10,
  pictureSide: 8192, // pixels
  picturePixels: 16 << 20,
  picture: 4 << 20, // bytes
};

const kinds = ["post", "comment", "deletion", "report"];

// normalize makes a person's text what the protocol takes.
export const normalize = (s) => s.toWellFormed().replaceAll("\r\n", "\n").trim().normalize("NFC");

// minute is a date as records tell it: finer clocks fingerprint a device.
export const minute = (date) => `${date.toISOString().slice(0, 16)}:00Z`;

export const recordUUID = async (bytes) => uuid8(await sha256(bytes)); // of the JWS

const prefix = '{"alg":"EdDSA","jwk":{"kty":"OKP","crv":"Ed25519","x":"';
const middle = '"},"typ":"p4p-';
const suffix = '+jws"}';

const header = (kind, publicBytes) => prefix + to64(publicBytes) + middle + kind + suffix;

// ordered puts a payload's members in their one order.
function ordered(kind, q) {
  const o = { srv: q.srv, nonce: q.nonce, created_at: q.created_at };
  if (kind !== "post") o.target = q.target;
  if (kind !== "deletion") o.text = q.text;
  if (kind === "post" && q.image !== undefined) {
    const i = q.image;
    o.image = { blob: i.blob, width: i.width, height: i.height, alt: i.alt };
  }
  return o;
}

export const payloadText = (kind, q) => JSON.stringify(ordered(kind, q));

const malformed = () => fail("bad_record", "A record's payload is not in its one form.");

// shape checks what the members are, before anything is compared.
function shape(kind, q) {
  const isObject = (v) => typeof v === "object" && v !== null && !Array.isArray(v);
  if (!isObject(q)) malformed();
  const strings = [q.srv, q.nonce, q.created_at];
  if (kind !== "post") strings.push(q.target);
  if (kind !== "deletion") strings.push(q.text);
  if (q.image !== undefined) {
    if (!isObject(q.image)) malformed();
    strings.push(q.image.blob, q.image.alt);
    if (!Number.isSafeInteger(q.image.width) || !Number.isSafeInteger(q.image.height)) malformed();
    if (from64(q.image.blob, 32) === null) malformed();
  }
  // A lone surrogate has no UTF-8.
  if (!strings.every((s) => typeof s === "string" && s.isWellFormed())) malformed();
  if (!isUUID(q.srv) || from64(q.nonce, 16) === null || (kind !== "post" && !isUUID(q.target))) malformed();
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d:00Z$/.test(q.created_at) ? new Date(q.created_at) : null;
  if (at === null || Number.isNaN(at.getTime()) || minute(at) !== q.created_at) malformed();
}

function checkText(what, s, limit) {
  const n = utf8(s).length;
  if (n > limit) {
    fail("too_large", `${what} holds at most ${limit.toLocaleString("en")} bytes; this one has ${n.toLocaleString("en")}.`);
  }
  if (s.normalize("NFC") !== s) fail("bad_text", `${what} is text in Unicode form NFC; this one is not normalised.`);
}

// check holds what a payload says against the limits and its kind.
function check(kind, q) {
  if (new Date(q.created_at).getUTCFullYear() < 1970) malformed();
  if (kind !== "post" && (q.target === zeroUUID || q.image !== undefined)) malformed();
  const text = q.text ?? "";
  checkText(`A ${kind}`, text, kind === "report" ? limits.reason : limits.text);
  const mayBeEmpty = kind === "deletion" || kind === "report" || (kind === "post" && q.image !== undefined);
  if (!mayBeEmpty && /^\p{White_Space}*$/u.test(text)) fail("empty_text", `A ${kind} needs some text.`);
  if (q.image !== undefined) {
    const { width: w, height: h, alt } = q.image;
    if (w < 1 || h < 1 || w > limits.pictureSide || h > limits.pictureSide || w * h > limits.picturePixels) {
      fail("bad_record", `A picture cannot measure ${w} by ${h} pixels.`);
    }
    checkText("A picture's description", alt, limits.alt);
  }
}

// signRecord makes a record: { id, kind, author, payload, jws }. said has text,
// target and image as the kind has them.
export async function signRecord(device, kind, server, said, now = new Date(), nonce = random(16)) {
  const payload = ordered(kind, { srv: server, nonce: to64(nonce), created_at: minute(now), ...said });
  shape(kind, payload);
  check(kind, payload);
  const input = `${to64(utf8(header(kind, device.public)))}.${to64(utf8(JSON.stringify(payload)))}`;
  const jws = `${input}.${to64(await sign(device, utf8(input)))}`;
  return { id: await recordUUID(utf8(jws)), kind, author: device.public, payload, jws };
}

function parseHeader(raw) {
  const bad = () => fail("bad_record", "A record's header is not the one that P4P records have.");
  const s = looseText(raw);
  if (!s.startsWith(prefix) || !s.endsWith(suffix)) bad();
  const rest = s.slice(prefix.length);
  const at = rest.indexOf(middle);
  if (at < 0 || at + middle.length > rest.length - suffix.length) bad();
  const kind = rest.slice(at + middle.length, -suffix.length);
  if (!kinds.includes(kind)) fail("unknown_kind", "This version does not know such a kind of record.");
  const author = from64(rest.slice(0, at), 32);
  if (author === null) bad();
  checkPublicKey(author);
  return { kind, author };
}

function parsePayload(kind, raw) {
  let text;
  try {
    text = strictText(raw);
  } catch {
    fail("bad_text", "A record's text is not valid UTF-8.");
  }
  let q;
  try {
    q = JSON.parse(text);
  } catch {
    malformed();
  }
  shape(kind, q);
  if (payloadText(kind, q) !== text) malformed();
  check(kind, q);
  return ordered(kind, q);
}

// parseRecord parses and verifies a compact JWS. Codes: too_large, bad_record,
// unknown_kind, bad_key, bad_signature, bad_text, empty_text, and wrong_server
// where a server is given.
export async function parseRecord(jws, server) {
  if (typeof jws !== "string") fail("bad_record", "A record is a text.");
  const bytes = utf8(jws);
  if (bytes.length > limits.record) fail("too_large", "A record holds at most 49,152 bytes.");
  const parts = jws.split(".");
  if (parts.length !== 3) fail("bad_record", "A record is a compact JWS of three parts.");
  const raw = parts.map((p) => from64(p) ?? fail("bad_record", "A part of a record is not canonical base64url."));
  const { kind, author } = parseHeader(raw[0]);
  const signed = bytes.subarray(0, parts[0].length + 1 + parts[1].length); // ASCII, as it was read
  if (!(await verify(author, signed, raw[2]))) {
    fail("bad_signature", "A record's signature is not its author's.");
  }
  const payload = parsePayload(kind, raw[1]);
  if (server !== undefined && payload.srv !== server) fail("wrong_server", "This record was signed for another server.");
  return { id: await recordUUID(bytes), kind, author, payload, jws };
}

// blobID is the address of a picture.
export const blobID = async (b) => to64(await sha256(b));
