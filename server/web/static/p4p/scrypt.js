// scrypt (RFC 7914) with p = 1, which WebCrypto lacks: a passphrase costs whoever
// guesses it time and memory. So does it cost the page, which asks a worker.

async function pbkdf2(password, salt, length) {
  const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
  const p = { name: "PBKDF2", hash: "SHA-256", salt, iterations: 1 };
  return new Uint8Array(await crypto.subtle.deriveBits(p, key, length * 8));
}

// salsa8 is the Salsa20/8 core, in place.
function salsa8(b) {
  let [x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13, x14, x15] = b;
  let t;
  for (let i = 0; i < 4; i++) {
    t = (x0 + x12) | 0, x4 ^= (t << 7) | (t >>> 25);
    t = (x4 + x0) | 0, x8 ^= (t << 9) | (t >>> 23);
    t = (x8 + x4) | 0, x12 ^= (t << 13) | (t >>> 19);
    t = (x12 + x8) | 0, x0 ^= (t << 18) | (t >>> 14);
    t = (x5 + x1) | 0, x9 ^= (t << 7) | (t >>> 25);
    t = (x9 + x5) | 0, x13 ^= (t << 9) | (t >>> 23);
    t = (x13 + x9) | 0, x1 ^= (t << 13) | (t >>> 19);
    t = (x1 + x13) | 0, x5 ^= (t << 18) | (t >>> 14);
    t = (x10 + x6) | 0, x14 ^= (t << 7) | (t >>> 25);
    t = (x14 + x10) | 0, x2 ^= (t << 9) | (t >>> 23);
    t = (x2 + x14) | 0, x6 ^= (t << 13) | (t >>> 19);
    t = (x6 + x2) | 0, x10 ^= (t << 18) | (t >>> 14);
    t = (x15 + x11) | 0, x3 ^= (t << 7) | (t >>> 25);
    t = (x3 + x15) | 0, x7 ^= (t << 9) | (t >>> 23);
    t = (x7 + x3) | 0, x11 ^= (t << 13) | (t >>> 19);
    t = (x11 + x7) | 0, x15 ^= (t << 18) | (t >>> 14);
    t = (x0 + x3) | 0, x1 ^= (t << 7) | (t >>> 25);
    t = (x1 + x0) | 0, x2 ^= (t << 9) | (t >>> 23);
    t = (x2 + x1) | 0, x3 ^= (t << 13) | (t >>> 19);
    t = (x3 + x2) | 0, x0 ^= (t << 18) | (t >>> 14);
    t = (x5 + x4) | 0, x6 ^= (t << 7) | (t >>> 25);
    t = (x6 + x5) | 0, x7 ^= (t << 9) | (t >>> 23);
    t = (x7 + x6) | 0, x4 ^= (t << 13) | (t >>> 19);
    t = (x4 + x7) | 0, x5 ^= (t << 18) | (t >>> 14);
    t = (x10 + x9) | 0, x11 ^= (t << 7) | (t >>> 25);
    t = (x11 + x10) | 0, x8 ^= (t << 9) | (t >>> 23);
    t = (x8 + x11) | 0, x9 ^= (t << 13) | (t >>> 19);
    t = (x9 + x8) | 0, x10 ^= (t << 18) | (t >>> 14);
    t = (x15 + x14) | 0, x12 ^= (t << 7) | (t >>> 25);
    t = (x12 + x15) | 0, x13 ^= (t << 9) | (t >>> 23);
    t = (x13 + x12) | 0, x14 ^= (t << 13) | (t >>> 19);
    t = (x14 + x13) | 0, x15 ^= (t << 18) | (t >>> 14);
  }
  b[0] += x0, b[1] += x1, b[2] += x2, b[3] += x3, b[4] += x4, b[5] += x5, b[6] += x6, b[7] += x7;
  b[8] += x8, b[9] += x9, b[10] += x10, b[11] += x11, b[12] += x12, b[13] += x13, b[14] += x14, b[15] += x15;
}

// blockMix mixes from x, 2r blocks of 16 words, into y.
function blockMix(x, y, block, r) {
  const blocks = 2 * r;
  block.set(x.subarray((blocks - 1) * 16));
  for (let i = 0; i < blocks; i++) {
    const from = i * 16;
    for (let j = 0; j < 16; j++) block[j] ^= x[from + j];
    salsa8(block);
    y.set(block, ((i >> 1) + (i & 1) * r) * 16);
  }
}

// littleEndian swaps a byte order that is not the protocol's; most machines need none.
function littleEndian(words) {
  if (new Uint8Array(Uint32Array.of(1).buffer)[0] === 1) return;
  const view = new DataView(words.buffer);
  for (let i = 0; i < words.length; i++) words[i] = view.getUint32(4 * i, true);
}

// scrypt derives length bytes, with 128 * r * 2^work bytes of memory: RangeError
// where there are not that many.
export async function scrypt(password, salt, work, r, length) {
  const n = 2 ** work;
  const size = 32 * r; // words
  const memory = new Uint32Array(n * size);
  const first = await pbkdf2(password, salt, 128 * r);
  let x = new Uint32Array(first.buffer);
  littleEndian(x);
  let y = new Uint32Array(size);
  const block = new Uint32Array(16);
  for (let i = 0; i < n; i++) {
    memory.set(x, i * size);
    blockMix(x, y, block, r);
    [x, y] = [y, x];
  }
  for (let i = 0; i < n; i++) {
    const at = (x[size - 16] & (n - 1)) * size;
    for (let j = 0; j < size; j++) x[j] ^= memory[at + j];
    blockMix(x, y, block, r);
    [x, y] = [y, x];
  }
  memory.fill(0);
  littleEndian(x);
  return pbkdf2(password, new Uint8Array(x.buffer), length);
}
