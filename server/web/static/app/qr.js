// QR codes (ISO/IEC 18004), made here because a link's secret must not reach the
// server. Upper-case links take the alphanumeric mode, the # a segment of its own.

const alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

// For versions 1 to 20: check bytes a block, and blocks.
const levels = {
  M: {
    bits: 0,
    check: [10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26],
    blocks: [1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16],
  },
  L: {
    bits: 1,
    check: [7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28],
    blocks: [1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8],
  },
};

// rawModules is how many modules of a version carry data and checks.
function rawModules(version) {
  let n = (16 * version + 128) * version + 64;
  if (version >= 2) {
    const align = Math.floor(version / 7) + 2;
    n -= (25 * align - 10) * align - 55;
    if (version >= 7) n -= 36;
  }
  return n;
}

// segmentsOf cuts a text into runs of one mode.
function segmentsOf(text) {
  return [...text.matchAll(/[0-9A-Z $%*+\-./:]+|[^0-9A-Z $%*+\-./:]+/g)].map(([s]) => ({ s, byte: !alphanumeric.includes(s[0]) }));
}

function dataBits(segments, version) {
  const bits = [];
  const push = (value, n) => {
    for (let i = n - 1; i >= 0; i--) bits.push((value >>> i) & 1);
  };
  for (const { s, byte } of segments) {
    if (byte) {
      const b = new TextEncoder().encode(s);
      push(4, 4);
      push(b.length, version < 10 ? 8 : 16);
      for (const x of b) push(x, 8);
      continue;
    }
    push(2, 4);
    push(s.length, version < 10 ? 9 : 11);
    for (let i = 0; i < s.length; i += 2) {
      const a = alphanumeric.indexOf(s[i]);
      if (i + 1 < s.length) push(a * 45 + alphanumeric.indexOf(s[i + 1]), 11);
      else push(a, 6);
    }
  }
  return bits;
}

// Arithmetic in GF(2^8) modulo x^8 + x^4 + x^3 + x^2 + 1.
function multiply(a, b) {
  let z = 0;
  for (let i = 7; i >= 0; i--) {
    z = (z << 1) ^ ((z >>> 7) * 0x11d);
    z ^= ((b >>> i) & 1) * a;
  }
  return z;
}

function checkBytes(data, n) {
  const divisor = new Array(n).fill(0);
  divisor[n - 1] = 1;
  let root = 1;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) divisor[j] = multiply(divisor[j], root) ^ (divisor[j + 1] ?? 0);
    root = multiply(root, 2);
  }
  const rest = new Array(n).fill(0);
  for (const b of data) {
    const factor = b ^ rest.shift();
    rest.push(0);
    divisor.forEach((d, i) => (rest[i] ^= multiply(d, factor)));
  }
  return rest;
}

function codewords(bits, version, level) {
  const raw = rawModules(version) >> 3;
  const [nCheck, nBlocks] = [level.check[version - 1], level.blocks[version - 1]];
  const capacity = raw - nCheck * nBlocks;
  if (bits.length > capacity * 8) return null;
  const all = [...bits, ...new Array(Math.min(4, capacity * 8 - bits.length)).fill(0)];
  while (all.length % 8) all.push(0);
  const data = [];
  for (let i = 0; i < all.length; i += 8) data.push(parseInt(all.slice(i, i + 8).join(""), 2));
  for (let pad = 0xec; data.length < capacity; pad ^= 0xfd) data.push(pad);

  const short = nBlocks - (raw % nBlocks);
  const shortData = Math.floor(raw / nBlocks) - nCheck;
  const blocks = [];
  for (let i = 0, at = 0; i < nBlocks; i++) {
    const part = data.slice(at, (at += shortData + (i < short ? 0 : 1)));
    blocks.push({ part, check: checkBytes(part, nCheck) });
  }
  const out = [];
  for (let i = 0; i <= shortData; i++) for (const b of blocks) if (i < b.part.length) out.push(b.part[i]);
  for (let i = 0; i < nCheck; i++) for (const b of blocks) out.push(b.check[i]);
  return out;
}

class Grid {
  constructor(version) {
    this.size = version * 4 + 17;
    this.dark = Array.from({ length: this.size }, () => new Array(this.size).fill(false));
    this.fixed = Array.from({ length: this.size }, () => new Array(this.size).fill(false));
    this.draw(version);
  }

  fix(x, y, dark) {
    if (x < 0 || y < 0 || x >= this.size || y >= this.size) return;
    this.dark[y][x] = Boolean(dark);
    this.fixed[y][x] = true;
  }

  draw(version) {
    const { size } = this;
    for (let i = 0; i < size; i++) {
      this.fix(6, i, i % 2 === 0);
      this.fix(i, 6, i % 2 === 0);
    }
    for (const [cx, cy] of [[3, 3], [size - 4, 3], [3, size - 4]]) {
      for (let dy = -4; dy <= 4; dy++) {
        for (let dx = -4; dx <= 4; dx++) {
          const d = Math.max(Math.abs(dx), Math.abs(dy));
          this.fix(cx + dx, cy + dy, d !== 2 && d !== 4);
        }
      }
    }
    if (version >= 2) {
      const n = Math.floor(version / 7) + 2;
      const step = Math.floor((version * 8 + n * 3 + 5) / (n * 4 - 4)) * 2;
      const places = [6, ...Array.from({ length: n - 1 }, (_, i) => size - 7 - (n - 2 - i) * step)];
      const last = n - 1;
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) {
          if ((i === 0 && (j === 0 || j === last)) || (i === last && j === 0)) continue;
          for (let dy = -2; dy <= 2; dy++) {
            for (let dx = -2; dx <= 2; dx++) this.fix(places[i] + dx, places[j] + dy, Math.max(Math.abs(dx), Math.abs(dy)) !== 1);
          }
        }
      }
    }
    this.format(0, 0);
    if (version >= 7) {
      let rem = version;
      for (let i = 0; i < 12; i++) rem = (rem << 1) ^ ((rem >>> 11) * 0x1f25);
      const bits = (version << 12) | rem;
      for (let i = 0; i < 18; i++) {
        const [a, b] = [size - 11 + (i % 3), Math.floor(i / 3)];
        this.fix(a, b, (bits >>> i) & 1);
        this.fix(b, a, (bits >>> i) & 1);
      }
    }
  }

  format(level, mask) {
    const data = (level << 3) | mask;
    let rem = data;
    for (let i = 0; i < 10; i++) rem = (rem << 1) ^ ((rem >>> 9) * 0x537);
    const bits = ((data << 10) | rem) ^ 0x5412;
    const bit = (i) => (bits >>> i) & 1;
    for (let i = 0; i <= 5; i++) this.fix(8, i, bit(i));
    this.fix(8, 7, bit(6));
    this.fix(8, 8, bit(7));
    this.fix(7, 8, bit(8));
    for (let i = 9; i < 15; i++) this.fix(14 - i, 8, bit(i));
    for (let i = 0; i < 8; i++) this.fix(this.size - 1 - i, 8, bit(i));
    for (let i = 8; i < 15; i++) this.fix(8, this.size - 15 + i, bit(i));
    this.fix(8, this.size - 8, 1);
  }

  fill(words) {
    let i = 0;
    for (let right = this.size - 1; right >= 1; right -= 2) {
      if (right === 6) right = 5;
      for (let v = 0; v < this.size; v++) {
        for (let j = 0; j < 2; j++) {
          const x = right - j;
          const y = ((right + 1) & 2) === 0 ? this.size - 1 - v : v;
          if (this.fixed[y][x] || i >= words.length * 8) continue;
          this.dark[y][x] = ((words[i >> 3] >>> (7 - (i & 7))) & 1) === 1;
          i++;
        }
      }
    }
  }

  mask(m) {
    const invert = [
      (x, y) => (x + y) % 2,
      (x, y) => y % 2,
      (x) => x % 3,
      (x, y) => (x + y) % 3,
      (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2,
      (x, y) => ((x * y) % 2) + ((x * y) % 3),
      (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2,
      (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2,
    ][m];
    for (let y = 0; y < this.size; y++) {
      for (let x = 0; x < this.size; x++) {
        if (!this.fixed[y][x] && invert(x, y) === 0) this.dark[y][x] = !this.dark[y][x];
      }
    }
  }

  // penalty is how hard the pattern is to read: long runs, blocks, what looks like a
  // finder, too much of one colour.
  penalty() {
    const { size, dark } = this;
    let sum = 0;
    let count = 0;
    const lines = [...dark, ...dark.map((_, x) => dark.map((row) => row[x]))].map((l) => l.map(Number).join(""));
    for (const l of lines) {
      for (const [run] of l.matchAll(/0{5,}|1{5,}/g)) sum += run.length - 2;
      for (const finder of ["00001011101", "10111010000"]) {
        for (let at = l.indexOf(finder); at >= 0; at = l.indexOf(finder, at + 1)) sum += 40;
      }
    }
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        count += dark[y][x];
        const c = dark[y][x];
        if (x + 1 < size && y + 1 < size && c === dark[y][x + 1] && c === dark[y + 1][x] && c === dark[y + 1][x + 1]) sum += 3;
      }
    }
    return sum + Math.floor(Math.abs((count * 100) / (size * size) - 50) / 5) * 10;
  }
}

// encode gives the modules of a code, row by row, true for dark, without the quiet
// zone; null for a text that is too long. Level M where that needs no larger code
// than version 8, else L.
export function encode(text) {
  const segments = segmentsOf(text);
  for (const [name, most] of [["M", 8], ["L", 20]]) {
    const level = levels[name];
    for (let version = 1; version <= most; version++) {
      const words = codewords(dataBits(segments, version), version, level);
      if (words) return best(words, version, level);
    }
  }
  return null;
}

function best(words, version, level) {
  let chosen = null;
  for (let m = 0; m < 8; m++) {
    const g = new Grid(version);
    g.fill(words);
    g.mask(m);
    g.format(level.bits, m);
    const penalty = g.penalty();
    if (!chosen || penalty < chosen.penalty) chosen = { penalty, rows: g.dark };
  }
  return chosen.rows;
}

// draw paints a code with its quiet zone, black on white whatever the colours
// around it: cameras do not read inverted codes.
export function draw(text, label) {
  const rows = encode(text);
  if (!rows) return null;
  const quiet = 4;
  const scale = 8;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = (rows.length + 2 * quiet) * scale;
  canvas.className = "qr";
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", label);
  const ink = canvas.getContext("2d");
  ink.fillStyle = "#fff";
  ink.fillRect(0, 0, canvas.width, canvas.height);
  ink.fillStyle = "#000";
  rows.forEach((row, y) =>
    row.forEach((dark, x) => dark && ink.fillRect((x + quiet) * scale, (y + quiet) * scale, scale, scale)),
  );
  return canvas;
}
