// Safety numbers, to read and to scan.

import { safetyQR } from "../../p4p/friendship.js";
import { app } from "../app.js";
import { el } from "../dom.js";
import { code } from "./code.js";

// safety shows a safety number.
export function safety(row) {
  const number = el("p", { class: "number", "aria-label": "Safety number", text: "…" });
  app.friends.safetyNumber(row).then((n) => (number.textContent = n ?? ""));
  return number;
}

export const codeLabel = (name) => `QR code of the safety number with ${name}`;

// safetyCode is the same for a camera.
export function safetyCode(row, name) {
  const place = el("div", {});
  app.friends.safetyNumber(row).then((n) => n && place.append(code(safetyQR(n), codeLabel(name), "The code cannot be shown now: compare the number itself.")));
  return place;
}
