// Files in the format of age (age-encryption.org/v1) under a passphrase, as
// filippo.io/age and p4p restore read them.

import { cat, equal, fromHex, looseText, random, utf8 } from "./bytes.js";
import { chachaOpen, chachaSeal } from "./chacha.js";
import { kdf, kdfKey, none } from "./crypto.js";
import { scrypt } from "./scrypt.js";

const chunk = 64 * 1024; // bytes of plaintext under one nonce
const hardest = 20; // the most work that a file may ask for, as a power of two

const to64 = (b) => btoa(String.fromCharCode(...b)).replaceAll("=", "");

// from64 reads standard base64 without padding, in its one spelling.
function from64(s, n) {
  if (!/^[A-Za-z0-9+/]*$/.test(s) || s.length % 4 === 1) return null;
  const b = Uint8Array.from(atob(s), (c) => c.charCodeAt(0));
  return b.length === n && to64(b) === s ? b : null;
}

const wrapKey = (passphrase, salt, work) =>
  scrypt(utf8(passphrase.toWellFormed().normalize("NFC")), cat("age-encryption.org/v1/scrypt", salt), work, 8, 32);

async function mac(fileKey, header) {
  const raw = await kdf(await kdfKey(fileKey), none, "header");
  const key = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, utf8(header)));
}

// chunkNonce counts the chunks; the last one is marked, so that none can be cut off.
function chunkNonce(n, last) {
  const b = new Uint8Array(12);
  new DataView(b.buffer).setUint32(7, n);
  b[11] = last ? 1 : 0;
  return b;
}

const zero = fromHex("00".repeat(12)); // a wrapping key wraps one file key

// seal encrypts bytes; guessing the passphrase costs 2^work rounds of scrypt with 2^work
// kilobytes each time.
export async function seal(plaintext, passphrase, work) {
  const [fileKey, salt, nonce] = [random(16), random(16), random(16)];
  const body = chachaSeal(await wrapKey(passphrase, salt, work), zero, fileKey);
  const header = `age-encryption.org/v1\n-> scrypt ${to64(salt)} ${work}\n${to64(body)}\n---`;
  const parts = [header, " ", to64(await mac(fileKey, header)), "\n", nonce];
  const key = await kdf(await kdfKey(fileKey), nonce, "payload");
  for (let n = 0, at = 0; n === 0 || at < plaintext.length; n++, at += chunk) {
    parts.push(chachaSeal(key, chunkNonce(n, at + chunk >= plaintext.length), plaintext.subarray(at, at + chunk)));
  }
  return cat(...parts);
}

const form = /^(age-encryption\.org\/v1\n-> scrypt ([A-Za-z0-9+/]{22}) ([1-9][0-9]?)\n([A-Za-z0-9+/]{43})\n---) ([A-Za-z0-9+/]{43})\n/;

// open decrypts what seal, or another program under one passphrase, has encrypted: null
// for another passphrase, for a file of another kind, and where a byte was changed.
export async function open(file, passphrase) {
  const found = form.exec(looseText(file.subarray(0, 300)));
  if (!found) return null;
  const [whole, header, ...texts] = found;
  const [salt, body, tag] = [from64(texts[0], 16), from64(texts[2], 32), from64(texts[3], 32)];
  const work = Number(texts[1]);
  if (!salt || !body || !tag || work > hardest) return null;
  const fileKey = chachaOpen(await wrapKey(passphrase, salt, work), zero, body);
  if (!fileKey || !equal(await mac(fileKey, header), tag)) return null;
  const nonce = file.subarray(whole.length, whole.length + 16);
  const sealed = file.subarray(whole.length + 16);
  if (nonce.length !== 16) return null;
  const key = await kdf(await kdfKey(fileKey), nonce, "payload");
  const parts = [];
  for (let n = 0, at = 0; n === 0 || at < sealed.length; n++, at += chunk + 16) {
    const part = chachaOpen(key, chunkNonce(n, at + chunk + 16 >= sealed.length), sealed.subarray(at, at + chunk + 16));
    if (!part || (n > 0 && part.length === 0)) return null;
    parts.push(part);
  }
  return cat(...parts);
}
