// The primitives, all from WebCrypto: SHA-256, HKDF-SHA-256, AES-256-GCM, X25519.

import { cat, utf8, uuidText } from "./bytes.js";

export const sha256 = async (b) => new Uint8Array(await crypto.subtle.digest("SHA-256", b));

// uuid8 is the protocol's U(h): the first 16 bytes of a hash as a UUIDv8 (RFC 9562).
export function uuid8(hash) {
  const b = hash.slice(0, 16);
  b[6] = (b[6] & 0x0f) | 0x80;
  b[8] = (b[8] & 0x3f) | 0x80;
  return uuidText(b);
}

// kdfKey makes input keying material of bytes. The key cannot be read back.
export const kdfKey = (ikm) => crypto.subtle.importKey("raw", ikm, "HKDF", false, ["deriveBits"]);

// kdf is the protocol's KDF with a key of kdfKey: 32 bytes.
export async function kdf(key, salt, ...info) {
  const p = { name: "HKDF", hash: "SHA-256", salt, info: cat(...info) };
  return new Uint8Array(await crypto.subtle.deriveBits(p, key, 256));
}

export const none = new Uint8Array(0);

// sealKey makes an AES-256-GCM key that cannot be read back.
export const sealKey = (raw) => crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);

export async function gcmSeal(key, nonce, aad, plaintext) {
  const p = { name: "AES-GCM", iv: nonce, additionalData: aad, tagLength: 128 };
  return new Uint8Array(await crypto.subtle.encrypt(p, key, plaintext));
}

// gcmOpen gives null where the tag does not fit.
export async function gcmOpen(key, nonce, aad, sealed) {
  const p = { name: "AES-GCM", iv: nonce, additionalData: aad, tagLength: 128 };
  try {
    return new Uint8Array(await crypto.subtle.decrypt(p, key, sealed));
  } catch {
    return null;
  }
}

// The PKCS #8 wrapping (RFC 8410) of a 32-byte private key, up to the key itself.
const pkcs8 = (oidEnd, raw) =>
  cat(
    Uint8Array.of(0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, oidEnd, 0x04, 0x22, 0x04, 0x20),
    raw,
  );

// importPrivate gives a private key that cannot be read back, and its public half
// in base64url, for which the key is readable for a moment.
async function importPrivate(name, oidEnd, raw, use) {
  const wrapped = pkcs8(oidEnd, raw);
  const readable = await crypto.subtle.importKey("pkcs8", wrapped, { name }, true, use);
  const { x } = await crypto.subtle.exportKey("jwk", readable);
  const key = await crypto.subtle.importKey("pkcs8", wrapped, { name }, false, use);
  wrapped.fill(0);
  return { key, x };
}

export const importEd25519 = (seed) => importPrivate("Ed25519", 0x70, seed, ["sign"]);
export const importX25519 = (raw) => importPrivate("X25519", 0x6e, raw, ["deriveBits"]);

// exchange is X25519; null where the other's key has small order.
export async function exchange(privateKey, publicBytes) {
  try {
    const theirs = await crypto.subtle.importKey("raw", publicBytes, { name: "X25519" }, true, []);
    const dh = new Uint8Array(await crypto.subtle.deriveBits({ name: "X25519", public: theirs }, privateKey, 256));
    return dh.every((x) => x === 0) ? null : dh;
  } catch {
    return null;
  }
}

// capable tells whether this browser has all that the protocol needs.
export async function capable() {
  try {
    const probe = await importEd25519(new Uint8Array(32).fill(1));
    const sig = await crypto.subtle.sign("Ed25519", probe.key, utf8("p4p"));
    const x = await importX25519(new Uint8Array(32).fill(1));
    return sig.byteLength === 64 && typeof probe.x === "string" && typeof x.x === "string" && "isWellFormed" in String.prototype && "locks" in navigator;
  } catch {
    return false;
  }
}
