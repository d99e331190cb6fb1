// Device keys: Ed25519 (RFC 8032), and what one secret, R, derives.

import { from64, to64, u32, utf8, uuidBytes } from "./bytes.js";
import { exchange, importEd25519, importX25519, kdf, kdfKey, none, sha256, uuid8 } from "./crypto.js";
import { fail } from "./error.js";

const p = 2n ** 255n - 19n;
const mod = (a) => ((a % p) + p) % p;

function power(base, exponent) {
  let result = 1n;
  for (let b = mod(base), e = exponent; e > 0n; e >>= 1n) {
    if (e & 1n) result = (result * b) % p;
    b = (b * b) % p;
  }
  return result;
}

const d = mod(-121665n * power(121666n, p - 2n));
const rootOfMinusOne = power(2n, (p - 1n) / 4n);

// decompress reads a point (RFC 8032, section 5.1.3); null where there is none or
// the encoding is not the one it has.
function decompress(b) {
  let y = 0n;
  for (let i = 31; i >= 0; i--) y = (y << 8n) | BigInt(b[i]);
  const sign = y >> 255n;
  y &= 2n ** 255n - 1n;
  if (y >= p) return null;
  const u = mod(y * y - 1n);
  const v = mod(d * y * y + 1n);
  let x = mod(u * power(v, 3n) * power(u * power(v, 7n), (p - 5n) / 8n));
  if (mod(v * x * x) !== u) x = mod(x * rootOfMinusOne);
  if (mod(v * x * x) !== u) return null;
  if (x === 0n && sign === 1n) return null;
  return { x: (x & 1n) === sign ? x : p - x, y };
}

// double doubles a point in projective coordinates (RFC 8032 curve, a = -1).
function double({ X, Y, Z }) {
  const [A, B] = [mod(X * X), mod(Y * Y)];
  const E = mod((X + Y) * (X + Y) - A - B);
  const G = mod(B - A);
  const F = mod(G - 2n * Z * Z);
  return { X: mod(E * F), Y: mod(-G * (A + B)), Z: mod(F * G) };
}

// hasSmallOrder tells whether eight times the point is the identity.
function hasSmallOrder({ x, y }) {
  const { X, Y, Z } = double(double(double({ X: x, Y: y, Z: 1n })));
  return X === 0n && Y === Z;
}

const judged = new Map(); // base64url of a key -> whether it is good

// checkPublicKey refuses, with bad_key, what is not 32 bytes, not a canonical point
// of the curve, or of small order: such a key verifies what nobody signed.
export function checkPublicKey(b) {
  const id = to64(b);
  let good = judged.get(id);
  if (good === undefined) {
    const point = b.length === 32 ? decompress(b) : null;
    good = point !== null && !hasSmallOrder(point);
    if (judged.size > 10_000) judged.clear();
    judged.set(id, good);
  }
  if (!good) fail("bad_key", "A device key is not a proper point of the Ed25519 curve.");
}

const imported = new Map(); // base64url of a key -> promise of the browser's form of it

// verify tells whether the owner of a checked key signed the message.
export async function verify(publicBytes, message, signature) {
  if (signature.length !== 64) return false;
  try {
    const id = to64(publicBytes);
    if (!imported.has(id)) {
      if (imported.size > 1000) imported.clear();
      imported.set(id, crypto.subtle.importKey("raw", publicBytes, { name: "Ed25519" }, true, ["verify"]));
    }
    return await crypto.subtle.verify("Ed25519", await imported.get(id), signature, message);
  } catch {
    return false;
  }
}

// thumbprint is the RFC 7638 thumbprint of the key's JWK (RFC 8037, appendix A.3).
export const thumbprint = (publicBytes) => sha256(utf8(`{"crv":"Ed25519","kty":"OKP","x":"${to64(publicBytes)}"}`));

// deviceUUID commits to the key.
export const deviceUUID = async (publicBytes) => uuid8(await thumbprint(publicBytes));

// newRoot draws R: { root, raw }. Nobody, this page included, can read it back from
// root. raw is for a copy that its owner makes now or never: zero it then.
export async function newRoot() {
  const raw = crypto.getRandomValues(new Uint8Array(32));
  return { root: await kdfKey(raw), raw };
}

// deviceKey is the signing key after the given number of rotations.
export async function deviceKey(root, rotations) {
  const seed = await kdf(root, none, "p4p/1 sign", u32(rotations));
  const { key, x } = await importEd25519(seed);
  seed.fill(0);
  return { key, public: from64(x, 32) };
}

export const sign = async (device, message) =>
  new Uint8Array(await crypto.subtle.sign("Ed25519", device.key, message));

// exchangeKey is the X25519 key for one friendship: { key, public }.
export async function exchangeKey(root, friendship) {
  const raw = await kdf(root, uuidBytes(friendship), "p4p/1 x25519");
  const { key, x } = await importX25519(raw);
  raw.fill(0);
  return { key, public: from64(x, 32) };
}

export { exchange };

// ownerToken opens one's own side of a friendship's mailbox.
export const ownerToken = (root, friendship) => kdf(root, uuidBytes(friendship), "p4p/1 owner");
