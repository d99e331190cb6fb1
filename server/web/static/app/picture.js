// Photos: drawn anew, so that nothing of the file but its look remains, and then
// stripped of what the browser's encoder adds.

import { P4PError } from "../p4p/error.js";
import { limits } from "../p4p/record.js";

const longest = 1600; // pixels

// prepare gives { bytes, width, height } of a photo that may be posted. Place, time
// and device, which cameras write into files, are gone. Codes: bad_picture.
export async function prepare(file) {
  const own = await measure(file);
  const scale = Math.min(1, longest / Math.max(own.width, own.height));
  const [width, height] = [own.width, own.height].map((x) => Math.max(1, Math.round(x * scale)));
  let bitmap;
  try {
    // Asked for small, so that a large photo's pixels go as soon as they are decoded.
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image", resizeWidth: width, resizeHeight: height, resizeQuality: "high" });
  } catch {
    throw new P4PError("bad_picture", `A photo of ${own.width.toLocaleString("en")} by ${own.height.toLocaleString("en")} pixels is too much for this browser: choose a smaller one.`);
  }
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const ink = canvas.getContext("2d", { alpha: false });
  ink.fillStyle = "#fff"; // a JPEG knows no transparency
  ink.fillRect(0, 0, width, height);
  ink.imageSmoothingQuality = "high"; // for browsers that did not make it small
  ink.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  for (const quality of [0.85, 0.7, 0.5]) {
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
    if (blob?.type !== "image/jpeg") break;
    const bytes = strip(new Uint8Array(await blob.arrayBuffer()));
    if (bytes.length <= limits.picture) return { bytes, width, height };
  }
  throw new P4PError("bad_picture", "This browser cannot make a JPEG of that picture.");
}

// measure gives how large a picture is when it is held upright, without decoding it.
async function measure(file) {
  const img = new Image();
  img.src = URL.createObjectURL(file);
  try {
    await new Promise((resolve, reject) => {
      img.onload = resolve;
      img.onerror = reject;
    });
    if (img.naturalWidth < 1 || img.naturalHeight < 1) throw new Error("it has no size");
    return { width: img.naturalWidth, height: img.naturalHeight };
  } catch {
    throw new P4PError("bad_picture", (await isHEIC(file)) ? "This browser cannot read HEIC photos. Save it as a JPEG first, or set the camera to “most compatible”." : "This browser cannot read that file as a picture.");
  } finally {
    URL.revokeObjectURL(img.src);
  }
}

// isHEIC looks at a file's type box (ISO 14496-12), as iPhones write it.
async function isHEIC(file) {
  const head = await file.slice(4, 12).text().catch(() => "");
  return /^ftyp(hei[cmsx]|hev[cmsx]|mif1|msf1)$/.test(head);
}

const broken = () => new P4PError("bad_picture", "The picture came out damaged; try another one.");

// Segments that make the picture: SOF0–2, DHT, DQT, DRI.
const needed = new Set([0xc0, 0xc1, 0xc2, 0xc4, 0xdb, 0xdd]);

// strip keeps of a JPEG (ITU-T T.81) what a decoder needs: no APPn but a plain JFIF
// header at the start, no comment, nothing behind the end.
export function strip(b) {
  if (b[0] !== 0xff || b[1] !== 0xd8) throw broken();
  const kept = [b.subarray(0, 2)];
  let size = 2;
  const keep = (from, to) => {
    kept.push(b.subarray(from, to));
    size += to - from;
  };
  for (let at = 2; ; ) {
    if (at + 4 > b.length && b[at + 1] !== 0xd9) throw broken();
    if (b[at] !== 0xff) throw broken();
    const marker = b[at + 1];
    if (marker === 0xff) {
      at++; // a fill byte
      continue;
    }
    if (marker === 0xd9) {
      keep(at, at + 2);
      break;
    }
    let end = at + 2 + ((b[at + 2] << 8) | b[at + 3]);
    if (end > b.length) throw broken();
    if (marker === 0xda) {
      // Image data lasts to the next marker that is neither a stuffed ff nor a restart.
      while (end + 1 < b.length && !(b[end] === 0xff && b[end + 1] !== 0 && (b[end + 1] & 0xf8) !== 0xd0)) end++;
      keep(at, end);
    } else if (needed.has(marker)) {
      keep(at, end);
    } else if (marker === 0xe0 && at === 2 && isPlainJFIF(b.subarray(at + 4, end))) {
      keep(at, end);
    }
    at = end;
  }
  const out = new Uint8Array(size);
  let at = 0;
  for (const part of kept) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const jfif = [0x4a, 0x46, 0x49, 0x46, 0x00, 0x01];
const isPlainJFIF = (p) => p.length === 14 && jfif.every((x, i) => p[i] === x) && p[7] <= 2 && p[12] === 0 && p[13] === 0;
