// Text from strangers, made safe to look at. The signed text is never changed: this
// is for the screen only.

// What is invisible or turns the direction of what stands around it: controls but
// the line break, bidi controls, zero-width characters but the joiners that scripts
// and emojis need, tags, variation selectors but those of emojis, private use.
const hidden = new RegExp(
  "[\\u0000-\\u0009\\u000b-\\u001f\\u007f-\\u009f\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f" +
    "\\u200b\\u200e\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u3164\\ufe00-\\ufe0d\\ufeff\\uffa0\\ufff0-\\ufffb" +
    "\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e0fff}\\p{Co}]",
  "gu",
);
const breaks = /\r\n|[\v\f\r\u0085\u2028\u2029]/g;
const piledMarks = /(\p{M}{4})\p{M}+/gu; // Vietnamese needs two, pointed Hebrew up to four

// block is a text of several lines.
export const block = (s) =>
  s
    .replace(breaks, "\n")
    .replaceAll("\t", "    ")
    .replace(hidden, "")
    .replace(piledMarks, "$1")
    .replace(/\n{3,}/g, "\n\n")
    .trim();

// line is a text of one line, as a name is.
export const line = (s) => block(s).replace(/\s+/gu, " ");

// excerpt is the beginning of a post or comment, to know it by.
export function excerpt({ text, image }) {
  const said = line(text) || (image ? line(image.alt) || "A picture without a description" : "");
  const [...letters] = said;
  return letters.length > 90 ? `${letters.slice(0, 80).join("").trimEnd()} …` : said;
}

const ago = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

// when says how long ago a moment was, or its date.
export function when(date, now = Date.now()) {
  const minutes = Math.round((date.getTime() - now) / 60_000);
  if (minutes > -2) return "now"; // records tell whole minutes, cut off
  if (minutes > -60) return ago.format(minutes, "minute");
  if (minutes > -24 * 60) return ago.format(Math.round(minutes / 60), "hour");
  if (minutes > -7 * 24 * 60) return ago.format(Math.round(minutes / 60 / 24), "day");
  return date.toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
}
