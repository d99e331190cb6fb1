// Deep links: friend invites as they are sent, scanned and pasted.

import { from32, isUUID, to32 } from "./bytes.js";
import { fail } from "./error.js";

const bad = (message) => fail("bad_link", message);

// linkURL is the link as it is sent in a message.
export const linkURL = (l) =>
  `${l.server}/f/${l.friendship}#${to32(l.secret)}${l.pin ? `.${to32(l.pin)}` : ""}`;

// linkQR is the link as a QR code carries it: upper case fits the code's
// alphanumeric mode.
export const linkQR = (l) => linkURL(l).toUpperCase();

// linkApp is the link for an installed program.
export const linkApp = (l) => `p4p://${linkURL(l).replace(/^[a-z]+:\/\//, "")}`;

// isLoopback tells whether a host names this machine.
export function isLoopback(host) {
  if (host === "localhost" || host === "::1") return true;
  const parts = host.split(".");
  return parts.length === 4 && parts[0] === "127" && parts.every((x) => /^(0|[1-9]\d{0,2})$/.test(x) && Number(x) < 256);
}

// checkHost takes HOST or HOST:PORT in its one form and gives HOST.
function checkHost(s) {
  const wrong = () => bad("The link's host is not a valid one.");
  let name = s;
  const colon = s.lastIndexOf(":");
  if (colon >= 0 && !s.endsWith("]")) {
    name = s.slice(0, colon);
    const port = s.slice(colon + 1);
    if (!/^[1-9]\d{0,4}$/.test(port) || Number(port) > 65535) wrong();
  }
  if (name.startsWith("[")) {
    const url = `http://${name}/`;
    if (!/^\[[0-9a-f:]+\]$/.test(name) || !URL.canParse(url) || new URL(url).hostname !== name) wrong();
    return name.slice(1, -1);
  }
  if (name === "" || name.length > 253) wrong();
  for (const label of name.split(".")) {
    if (!/^[a-z0-9-]{1,63}$/.test(label) || label.startsWith("-") || label.endsWith("-")) wrong();
  }
  return name;
}

// serverAddress gives an address as links carry it, SCHEME://HOST[:PORT], and null for
// what no link may carry: another scheme, http to another machine, a path.
export function serverAddress(s) {
  const [, scheme, host] = /^(https?):\/\/([^/]+)$/.exec(String(s).toLowerCase()) ?? [];
  if (!scheme) return null;
  try {
    return isLoopback(checkHost(host)) || scheme === "https" ? `${scheme}://${host}` : null;
  } catch {
    return null;
  }
}

function parsePath(path) {
  if (path.includes("?")) bad("The link contains a ?, which no P4P invite has: it was changed on the way, ask for it again.");
  if (path.startsWith("/p/") && isUUID(path.slice(3))) fail("not_an_invite", "This is a link to a post, not an invite.");
  if (path.startsWith("/move/")) fail("not_an_invite", "This moves an identity to another machine; it is not an invite.");
  if (!path.startsWith("/f/")) {
    fail("not_an_invite", "This address is not a friend invite: one continues with /f/ behind the host.");
  }
  const id = path.slice(3);
  if (!isUUID(id)) {
    if (id.length < 36) fail("link_incomplete", "The link is cut off: the messenger may have shortened it; ask for it again.");
    bad("What follows /f/ is not a friendship's UUID: ask for the link again.");
  }
  return id;
}

// parseFragment reads SECRET or SECRET.PIN, in either case. Codes: link_incomplete,
// bad_link.
export function parseFragment(fragment) {
  if (fragment === "") {
    fail("link_incomplete", "The part behind # is missing: the messenger may have cut the link; ask for it again.");
  }
  const dot = fragment.indexOf(".");
  const text = dot < 0 ? fragment : fragment.slice(0, dot);
  const secret = from32(text.toUpperCase(), 16);
  if (secret === null) {
    if (text.length < 26) {
      fail("link_incomplete", "The part behind # is cut off: the messenger may have cut the link; ask for it again.");
    }
    bad("The part behind # is damaged: ask for the link again.");
  }
  const pin = dot < 0 ? undefined : from32(fragment.slice(dot + 1).toUpperCase(), 16);
  if (pin === null) bad("The server's fingerprint in the link is damaged; ask for the link again.");
  return { secret, pin };
}

// parseLink reads a friend invite, with any of the schemes https, http (loopback
// only) and p4p: { server, friendship, secret, pin }. Codes: bad_link,
// not_an_invite, link_incomplete, insecure_link.
export function parseLink(input) {
  const s = input.trim();
  if (s === "") bad("There is no link: paste the whole link that your friend sent.");
  if (s.length > 600) bad("This is too long for a P4P link: paste the link alone.");
  if (!/^[\x21-\x7e]*$/.test(s)) {
    bad("The link contains a space or a character that no P4P link has: paste the link alone.");
  }
  const folded = s.toLowerCase();
  const hash = folded.indexOf("#");
  const before = hash < 0 ? folded : folded.slice(0, hash);
  const mark = before.indexOf("://");
  if (mark < 0) bad("This is not a link: a P4P invite begins with https:// or p4p://.");
  let scheme = before.slice(0, mark);
  if (!["https", "http", "p4p"].includes(scheme)) bad("A P4P invite begins with https:// or p4p://.");
  const rest = before.slice(mark + 3);
  if (rest.includes("%")) bad("The link contains % signs, which no P4P link has: it was changed on the way, ask for it again.");
  const slash = rest.indexOf("/");
  const host = slash < 0 ? rest : rest.slice(0, slash);
  if (host.includes("@")) bad("The link contains a user name before its host: a trick to hide where it leads. Do not use it.");
  const name = checkHost(host);
  const friendship = parsePath(slash < 0 ? "/" : rest.slice(slash));
  const { secret, pin } = parseFragment(hash < 0 ? "" : folded.slice(hash + 1));
  if (scheme === "p4p") scheme = isLoopback(name) && !pin ? "http" : "https";
  if (scheme === "http") {
    if (!isLoopback(name)) {
      fail("insecure_link", "The link begins with http://, which anybody on the way can read and change: ask for one with https://.");
    }
    if (pin) bad("The link has a fingerprint but no encryption to hold it against: ask for it again.");
  }
  return { server: `${scheme}://${host}`, friendship, secret, pin };
}
