// Encrypts a copy beside the page, which stays alive meanwhile, and reads it back
// before anybody relies on it.

import { open, seal } from "../p4p/age.js";
import { equal } from "../p4p/bytes.js";

// Each guess costs 2^17 kilobytes of memory and their work. A phone that has less
// makes do with half.
const works = [17, 16];

async function make(plaintext, passphrase) {
  for (const work of works) {
    try {
      const file = await seal(plaintext, passphrase, work);
      const back = await open(file, passphrase);
      if (!back || !equal(back, plaintext)) throw new Error("The copy cannot be read back.");
      return file;
    } catch (err) {
      if (!(err instanceof RangeError) || work === works.at(-1)) throw err;
    }
  }
}

self.addEventListener("message", async ({ data }) => {
  try {
    self.postMessage({ file: await make(data.plaintext, data.passphrase) });
  } catch (err) {
    self.postMessage({ error: err.message });
  }
});
