// Reading an invite's or a safety number's QR code with the camera, where the browser
// can. No picture leaves the page.

import { P4PError } from "../../p4p/error.js";
import { linkURL, parseLink } from "../../p4p/link.js";
import { parseSafetyQR } from "../../p4p/friendship.js";
import { app, base, go } from "../app.js";
import { el, field, say, unhelped } from "../dom.js";
import { isLive } from "../friends.js";
import { remember } from "./accept.js";
import { line } from "../text.js";

// canScan tells whether this browser reads QR codes.
export async function canScan() {
  if (!("BarcodeDetector" in window) || !navigator.mediaDevices?.getUserMedia) return false;
  try {
    return (await BarcodeDetector.getSupportedFormats()).includes("qr_code");
  } catch {
    return false;
  }
}

// linkIn is the link in a message that somebody pasted whole: it ends where a character
// follows that no link has, such as a language's own quotation mark.
const linkIn = (text) => text.match(/\b(?:https?|p4p):\/\/[^\s<>"'\u0080-\uffff]+/i)?.[0].replace(/[.,;:!?)\]]+$/, "");

// openLink follows an invite's link inside this program; a message around it may come
// along. The secret goes by memory: an address would bring it into the browser's
// history. Codes: those of parseLink, other_server.
export function openLink(text) {
  const found = linkIn(text);
  if (!found && /\s/.test(text.trim())) throw new P4PError("bad_link", "There is no P4P link in that text: one begins with https:// or p4p://.");
  const l = parseLink(found ?? text);
  if (l.server !== location.origin && l.server !== base()) {
    throw new P4PError("other_server", `That invite is for another server, ${new URL(l.server).host}: open the link itself in this browser.`);
  }
  remember(l.friendship, new URL(linkURL(l)).hash.slice(1));
  go(`/f/${l.friendship}`);
}

// linkField takes a link that somebody pastes.
export function linkField(label) {
  // Not of the type url: of a message with a link in it the browser itself would
  // complain, and not in P4P's words.
  const paste = el("input", { type: "text", autocapitalize: "off", inputmode: "url", enterkeyhint: "go", ...unhelped });
  const wrong = el("p", { class: "warning", role: "alert", hidden: true });
  const form = el("form", { class: "card", novalidate: true }, field(label, paste, "You can paste the message that it came in."), wrong, el("button", { text: "Open it" }));
  form.addEventListener("submit", (e) => {
    e.preventDefault();
    wrong.hidden = true;
    try {
      openLink(paste.value);
    } catch (err) {
      wrong.textContent = err.message;
      wrong.hidden = false;
      paste.focus();
    }
  });
  return form;
}

// compare marks the friend whose safety number a code holds. A number that is nobody's
// is the alarm that it is for.
async function compare(number) {
  for (const r of app.friends.rows) {
    if (!isLive(r) || r.state !== "friend" || (await app.friends.safetyNumber(r)) !== number) continue;
    await app.friends.setVerified(r.id, true);
    say(`It is the same: ${line(r.name)} is verified.`);
    return go("/#friends");
  }
  throw new P4PError("safety_mismatch", "No friend of yours has this safety number. If the code is the one that your friend shows for you, somebody sits between you: remove the friendship and make a new invite. Nobody was marked.");
}

const read = (text) => {
  const number = parseSafetyQR(text);
  return number ? compare(number) : openLink(text);
};

export function scan(signal) {
  const status = el("p", { role: "status", text: "Hold the camera over the QR code of an invite, or of a safety number." });
  const video = el("video", { class: "camera", playsinline: true, muted: true, "aria-label": "What the camera sees" });
  video.muted = true;
  let end = () => {}; // switches the camera off
  const look = async () => {
    if (!(await canScan())) throw new Error("this browser reads no QR codes");
    if (signal.aborted) return;
    const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    end = () => stream.getTracks().forEach((t) => t.stop());
    if (signal.aborted) return end();
    signal.addEventListener("abort", end);
    video.srcObject = stream;
    await video.play();
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    let last = "";
    while (!signal.aborted) {
      const [code] = await detector.detect(video);
      if (code && code.rawValue !== last) {
        last = code.rawValue;
        try {
          return await read(last);
        } catch (err) {
          status.textContent = err.message;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  };
  look().catch((err) => {
    end();
    if (signal.aborted) return;
    status.textContent =
      err.name === "NotAllowedError"
        ? "The browser may not use the camera: allow it for this page, or scan with the phone's camera app."
        : "The camera cannot be used here: scan with the phone's camera app, or paste the link.";
    video.hidden = true;
  });
  return el(
    "section",
    {},
    el("h1", { tabindex: "-1", text: "Scan a code" }),
    status,
    video,
    el("p", {}, el("a", { class: "button", href: "/#friends", text: "Leave it" })),
  );
}
