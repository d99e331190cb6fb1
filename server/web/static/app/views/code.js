// QR codes. The program that makes them is loaded with the first one.

import { el } from "../dom.js";

export const loadCodes = () => import("../qr.js");

// code is the place of a text's QR code. Where there can be none, otherwise says what to
// do instead.
export function code(text, label, otherwise) {
  const place = el("div", {});
  const instead = () => el("p", { text: otherwise });
  loadCodes().then(
    (qr) => place.append(qr.draw(text, label) ?? instead()),
    (err) => {
      console.warn("no QR codes:", err);
      place.append(instead());
    },
  );
  return place;
}
