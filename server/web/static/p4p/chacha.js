// ChaCha20-Poly1305 (RFC 8439), which WebCrypto lacks. The arithmetic of Poly1305 is
// plain and slow: it is for the few kilobytes of a copy that its owner makes, and no
// stranger can time it.

import { equal } from "./bytes.js";

const mask = (1n << 128n) - 1n;
const prime = (1n << 130n) - 5n;
const clamp = 0x0ffffffc0ffffffc0ffffffc0fffffffn;

const rotate = (x, n) => (x << n) | (x >>> (32 - n));

function quarter(s, a, b, c, d) {
  s[a] = (s[a] + s[b]) | 0;
  s[d] = rotate(s[d] ^ s[a], 16);
  s[c] = (s[c] + s[d]) | 0;
  s[b] = rotate(s[b] ^ s[c], 12);
  s[a] = (s[a] + s[b]) | 0;
  s[d] = rotate(s[d] ^ s[a], 8);
  s[c] = (s[c] + s[d]) | 0;
  s[b] = rotate(s[b] ^ s[c], 7);
}

// keyBlock is the key stream's block of that number, 64 bytes.
function keyBlock(key, nonce, number) {
  const start = new Int32Array(16);
  start.set([0x61707865, 0x3320646e, 0x79622d32, 0x6b206574]);
  const words = (b) => new DataView(b.buffer, b.byteOffset, b.length);
  for (let i = 0; i < 8; i++) start[4 + i] = words(key).getInt32(4 * i, true);
  start[12] = number;
  for (let i = 0; i < 3; i++) start[13 + i] = words(nonce).getInt32(4 * i, true);
  const s = start.slice();
  for (let i = 0; i < 10; i++) {
    quarter(s, 0, 4, 8, 12);
    quarter(s, 1, 5, 9, 13);
    quarter(s, 2, 6, 10, 14);
    quarter(s, 3, 7, 11, 15);
    quarter(s, 0, 5, 10, 15);
    quarter(s, 1, 6, 11, 12);
    quarter(s, 2, 7, 8, 13);
    quarter(s, 3, 4, 9, 14);
  }
  const out = new Uint8Array(64);
  const view = new DataView(out.buffer);
  for (let i = 0; i < 16; i++) view.setInt32(4 * i, (s[i] + start[i]) | 0, true);
  return out;
}

function stream(key, nonce, text) {
  const out = new Uint8Array(text.length);
  for (let at = 0, n = 1; at < text.length; at += 64, n++) {
    const block = keyBlock(key, nonce, n);
    for (let i = at; i < Math.min(at + 64, text.length); i++) out[i] = text[i] ^ block[i - at];
  }
  return out;
}

function number(b) {
  let n = 0n;
  for (let i = b.length - 1; i >= 0; i--) n = (n << 8n) | BigInt(b[i]);
  return n;
}

// poly1305 authenticates with a key of 32 bytes that is used once.
export function poly1305(key, message) {
  const r = number(key.subarray(0, 16)) & clamp;
  let a = 0n;
  for (let at = 0; at < message.length; at += 16) {
    const part = message.subarray(at, at + 16);
    a = ((a + number(part) + (1n << BigInt(8 * part.length))) * r) % prime;
  }
  let tag = (a + number(key.subarray(16, 32))) & mask;
  const out = new Uint8Array(16);
  for (let i = 0; i < 16; i++, tag >>= 8n) out[i] = Number(tag & 255n);
  return out;
}

function tagOf(key, nonce, aad, sealed) {
  const padded = (n) => Math.ceil(n / 16) * 16;
  const message = new Uint8Array(padded(aad.length) + padded(sealed.length) + 16);
  message.set(aad);
  message.set(sealed, padded(aad.length));
  const view = new DataView(message.buffer, message.length - 16);
  view.setBigUint64(0, BigInt(aad.length), true);
  view.setBigUint64(8, BigInt(sealed.length), true);
  return poly1305(keyBlock(key, nonce, 0).subarray(0, 32), message);
}

const none = new Uint8Array(0);

// chachaSeal seals under a key of 32 bytes and a nonce of 12: 16 bytes more.
export function chachaSeal(key, nonce, plaintext, aad = none) {
  const out = new Uint8Array(plaintext.length + 16);
  const sealed = stream(key, nonce, plaintext);
  out.set(sealed);
  out.set(tagOf(key, nonce, aad, sealed), sealed.length);
  return out;
}

// chachaOpen gives null where the tag does not fit.
export function chachaOpen(key, nonce, sealed, aad = none) {
  if (sealed.length < 16) return null;
  const text = sealed.subarray(0, -16);
  return equal(tagOf(key, nonce, aad, text), sealed.subarray(-16)) ? stream(key, nonce, text) : null;
}
