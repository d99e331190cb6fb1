// Reading an invite's QR code with the camera, where the browser can. No picture
// leaves the page.

import { P4PError } from "../p4p/error.js";
import { linkURL, parseLink } from "../p4p/link.js";
import { base, go } from "./app.js";
import { el } from "./dom.js";

// canScan tells whether this browser reads QR codes.
export async function canScan() {
  if (!("BarcodeDetector" in window) || !navigator.mediaDevices?.getUserMedia) return false;
  try {
    return (await BarcodeDetector.getSupportedFormats()).includes("qr_code");
  } catch {
    return false;
  }
}

// openLink follows an invite's link inside this program. Codes: those of parseLink,
// other_server.
export function openLink(text) {
  const l = parseLink(text);
  if (l.server !== location.origin && l.server !== base()) {
    throw new P4PError("other_server", `That invite is for another server, ${new URL(l.server).host}: open the link itself in this browser.`);
  }
  const u = new URL(linkURL(l));
  go(`${u.pathname}${u.hash}`);
}

export function scan(signal) {
  const status = el("p", { role: "status", text: "Hold the camera over the QR code." });
  const video = el("video", { class: "camera", playsinline: true, muted: true, "aria-label": "What the camera sees" });
  video.muted = true;
  const look = async () => {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    const end = () => stream.getTracks().forEach((t) => t.stop());
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
          return openLink(last);
        } catch (err) {
          status.textContent = err.message;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  };
  look().catch((err) => {
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
    el("h1", { tabindex: "-1", text: "Scan an invite" }),
    status,
    video,
    el("p", {}, el("a", { class: "button", href: "/#friends", text: "Leave it" })),
  );
}
