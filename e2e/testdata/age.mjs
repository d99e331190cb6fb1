// Holds the page's own cryptography against published vectors, and its files in age's
// format against those of filippo.io/age, both ways.
import { fromHex, toHex, utf8 } from "/static/p4p/bytes.js";
import { open, seal } from "/static/p4p/age.js";
import { chachaOpen, chachaSeal, poly1305 } from "/static/p4p/chacha.js";
import { scrypt } from "/static/p4p/scrypt.js";

const hex = (s) => fromHex(s.replace(/\s/g, ""));

// RFC 8439, 2.8.2, 2.5.2 and appendix A.3; RFC 7914, section 12.
export async function vectors() {
  const wrong = [];
  const same = (what, got, want) => {
    if (toHex(got) !== want.replace(/\s/g, "")) wrong.push(`${what}: got ${toHex(got)}`);
  };
  const key = hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
  const nonce = hex("070000004041424344454647");
  const aad = hex("50515253c0c1c2c3c4c5c6c7");
  const text = utf8("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.");
  const sealed = chachaSeal(key, nonce, text, aad);
  same("ChaCha20-Poly1305", sealed, `
    d31a8d34648e60db7b86afbc53ef7ec2 a4aded51296e08fea9e2b5a736ee62d6
    3dbea45e8ca9671282fafb69da92728b 1a71de0a9e060b2905d6a5b67ecd3b36
    92ddbd7f2d778b8c9803aee328091b58 fab324e4fad675945585808b4831d7bc
    3ff4def08e4b7a9de576d26586cec64b 6116 1ae10b594f09e26a7e902ecbd0600691`);
  same("opened", chachaOpen(key, nonce, sealed, aad) ?? [], toHex(text));
  for (let i = 0; i < sealed.length; i++) {
    const other = sealed.slice();
    other[i] ^= 1;
    if (chachaOpen(key, nonce, other, aad)) wrong.push(`byte ${i} may be changed`);
  }
  same("Poly1305", poly1305(hex("85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b"), utf8("Cryptographic Forum Research Group")), "a8061dc1305136c6c22b8baf0c0127a9");
  const two = "02000000000000000000000000000000";
  const zero = "00000000000000000000000000000000";
  const ones = "ffffffffffffffffffffffffffffffff";
  same("Poly1305, #7", poly1305(hex(two + zero), hex(ones)), "03000000000000000000000000000000");
  same("Poly1305, #8", poly1305(hex(two + ones), hex(two)), "03000000000000000000000000000000");
  same("Poly1305, #9", poly1305(hex("01000000000000000000000000000000" + zero), hex(ones + "f0ffffffffffffffffffffffffffffff" + "11000000000000000000000000000000")), "05000000000000000000000000000000");
  same("scrypt, #1", await scrypt(utf8(""), utf8(""), 4, 1, 64), `
    77d6576238657b203b19ca42c18a0497 f16b4844e3074ae8dfdffa3fede21442
    fcd0069ded0948f8326a753a0fc81f17 e8d3e0fb2e0d3628cf35e20c38d18906`);
  same("scrypt, #3", await scrypt(utf8("pleaseletmein"), utf8("SodiumChloride"), 14, 8, 64), `
    7023bdcb3afd7348461c06cd81fd38eb fda8fbba904f8e3ea9b543f6545da1f2
    d5432955613f0fcf62d49705242a9af9 e61e85dc0d651e40dfcf017b45575887`);
  return wrong;
}

const base64 = (s) => Uint8Array.from(atob(s), (c) => c.charCodeAt(0));
const toBase64 = (b) => btoa(Array.from(b, (x) => String.fromCharCode(x)).join(""));

export const opens = async (file, passphrase) => {
  const text = await open(base64(file), passphrase);
  return text ? toBase64(text) : "nothing";
};

export const seals = async (text, passphrase, work) => toBase64(await seal(base64(text), passphrase, work));

// accepted lists the bytes of a file that may be changed, or cut off, unnoticed.
export async function accepted(file, passphrase) {
  const whole = base64(file);
  const out = [];
  for (let i = 0; i < whole.length; i++) {
    const other = whole.slice();
    other[i] ^= 1;
    // Another work factor computes another key, for a long time.
    if (/^[^]*\n-> scrypt \S{22} $/.test(new TextDecoder().decode(whole.subarray(0, i)))) continue;
    if (await open(other, passphrase)) out.push(i);
    if (await open(whole.subarray(0, i), passphrase)) out.push(-i);
  }
  return out;
}
