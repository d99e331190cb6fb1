// What forms have in common: one submit at a time, and what is wrong said beside the
// field that it is about.

import { utf8 } from "../p4p/bytes.js";
import { el, say } from "./dom.js";

let alarms = 0;

// alarm says beside a control what is wrong with it, and goes there. It stays until
// the control changes.
export function alarm(control, text) {
  calm(control);
  const note = el("p", { class: "warning", role: "alert", id: `alarm-${++alarms}` });
  (control.closest(".field, .row") ?? control).after(note);
  control.setAttribute("aria-invalid", "true");
  control.setAttribute("aria-errormessage", note.id);
  for (const what of ["input", "change"]) control.addEventListener(what, () => calm(control), { once: true });
  control.focus();
  note.textContent = text; // after it is there, else some screen readers say nothing
}

// calm takes back what alarm said.
export function calm(control) {
  document.getElementById(control.getAttribute("aria-errormessage"))?.remove();
  control.removeAttribute("aria-invalid");
  control.removeAttribute("aria-errormessage");
}

// Wrong is an error that is about one control.
export class Wrong extends Error {
  constructor(control, message) {
    super(message);
    this.control = control;
  }
}

// onSubmit runs work when a form is submitted; until that has ended it cannot be
// submitted again. What work throws is said beside its control, or else beside the
// one given here.
export function onSubmit(form, control, work) {
  const press = form.querySelector("button:not([type])");
  let busy = false;
  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    if (busy) return;
    busy = true;
    press.ariaDisabled = "true"; // a disabled button would lose the focus
    calm(control);
    try {
      await work(press);
    } catch (err) {
      if (form.isConnected) alarm(err.control ?? control, err.message);
      else say(err.message);
    } finally {
      busy = false;
      press.ariaDisabled = null;
    }
  });
}

// bytesOf is how much of a record's room a text takes.
export const bytesOf = (text) => utf8(text.trim().normalize("NFC")).length;

// fits throws a sentence where a text is longer than limit bytes.
export function fits(control, what, limit) {
  const n = bytesOf(control.value);
  if (n > limit) throw new Wrong(control, `${what} holds at most ${limit.toLocaleString("en")} bytes; this one has ${n.toLocaleString("en")}.`);
}

// counter says how much room a text has left, once that is little. A screen reader
// hears of it when it becomes so, and not at every key.
export function counter(area, limit) {
  const seen = el("span", { "aria-hidden": "true" });
  const heard = el("span", { class: "offscreen", role: "status" });
  const out = el("p", { class: "hint room", hidden: true }, seen, heard);
  const steps = [400, 100, -1];
  let last = 0;
  area.addEventListener("input", () => {
    const left = limit - bytesOf(area.value);
    const step = steps.filter((s) => left <= s).length;
    const bytes = `${Math.abs(left)} ${Math.abs(left) === 1 ? "byte" : "bytes"}`;
    const text = left < 0 ? `${bytes} too many` : `${bytes} left`;
    out.hidden = step === 0;
    seen.textContent = text;
    if (step !== last) heard.textContent = step === 0 ? "" : text;
    last = step;
    out.classList.toggle("warning", left < 0);
  });
  return out;
}
