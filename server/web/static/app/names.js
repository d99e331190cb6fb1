// The names by which a person knows others: the rules of the terminal app's phone
// book. Those about look-alikes are in looks.js.

import { isUUID } from "../p4p/bytes.js";
import { P4PError } from "../p4p/error.js";

const longest = 100; // characters

// What cannot be seen, or moves what stands beside it, would make two names look
// alike. U+FE0E and U+FE0F choose between two drawings of one sign.
const forbidden = [
  [/\p{Cc}/u, "a control character"],
  [/\p{Bidi_Control}/u, "a character that changes the direction of writing"],
  [/\p{Extended_Pictographic}[\ufe0f\u{1f3fb}-\u{1f3ff}]*[\u200d\u{e0020}-\u{e007f}]/u, "an emoji that is made of several"],
  [/(?![\ufe0e\ufe0f])[\p{Cf}\p{Default_Ignorable_Code_Point}\p{Variation_Selector}\u2800]/u, "an invisible character"],
  [/[\p{Co}\p{Noncharacter_Code_Point}\ufffd]/u, "a character without a meaning"],
];

// nameOf tidies a name that a person typed: bad_name, with the rule that it breaks.
export function nameOf(typed) {
  const bad = (why) => {
    throw new P4PError("bad_name", why);
  };
  const name = typed.toWellFormed().normalize("NFC").replace(/\p{White_Space}+/gu, " ").replace(/^ | $/g, "");
  if (name === "") bad("Type the name by which you know this person.");
  const n = [...name].length;
  if (n > longest) bad(`A name has at most ${longest} characters; this one has ${n}.`);
  for (const [which, what] of forbidden) {
    if (which.test(name)) bad(`A name cannot contain ${what}: type it without.`);
  }
  if (/^\p{M}/u.test(name)) bad("A name cannot begin with an accent that stands on nothing.");
  if (!/[\p{L}\p{N}\p{S}]/u.test(name)) bad("A name needs at least one letter, digit or sign that can be seen.");
  if (readsAsLabel(name)) bad("That would look like one of this page's own labels: choose another name.");
  if (/^(p4p:\/\/|https?:\/\/[^/ ]*\/f\/)[^ ]*$/i.test(name)) bad("That is a link, not a name: choose another name.");
  if (isUUID(name.toLowerCase())) bad("That would be taken for a device's number: choose another name.");
  return name;
}

// readsAsLabel tells a name that begins with, or is, the page's word for a stranger,
// or that is its word for its owner.
function readsAsLabel(name) {
  const words = name.normalize("NFKC").toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  return words[0] === "anonymous" || ["anonymous", "you"].includes(words.join(""));
}

// folded is what two spellings of one name share: case, width and style make no
// difference. (Capitals in between stand for Unicode's case folding: ß is ss.)
const folded = (name) => name.normalize("NFKC").toLowerCase().toUpperCase().toLowerCase().normalize("NFKC").replace(/[\ufe0e\ufe0f]/g, "");

// sameLetters tells whether two names are one.
export const sameLetters = (a, b) => folded(a) === folded(b);
