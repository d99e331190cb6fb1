// A copy of who this phone is, for its owner to keep: offered while the secret can
// still be read, and never in anybody's way.

import { backupOf } from "../../p4p/backup.js";
import { app, base, cameFromHere, go } from "../app.js";
import { button, el, field, say, secretInput } from "../dom.js";
import { programURL } from "../trusted.js";

// offer is the question on the way, or nothing.
export function offer() {
  const place = el("div", {});
  if (!app.profile.copy) return place;
  place.append(
    el(
      "aside",
      { class: "notice", "aria-label": "Keep a copy of yourself" },
      el("p", { text: "Keep a copy of yourself? Who you are here lives in this browser alone, and only now can it be copied: later not even this page can read your key." }),
      el(
        "p",
        { class: "row" },
        el("a", { class: "button", href: "/#copy", text: "Keep a copy" }),
        button("Not now", async () => {
          await app.profile.use();
          place.replaceChildren();
          say(unreadable);
        }),
      ),
    ),
  );
  return place;
}

const unreadable = "From now on nobody can read your key.";

function encrypt(plaintext, passphrase) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(programURL("copy"), { type: "module" });
    const end = (f, v) => {
      worker.terminate();
      f(v);
    };
    worker.addEventListener("message", ({ data }) => (data.file ? end(resolve, data.file) : end(reject, new Error(data.error))));
    worker.addEventListener("error", () => end(reject, new Error("This browser could not encrypt the copy.")));
    worker.postMessage({ plaintext, passphrase });
  });
}

// download has the browser keep a file.
function download(file) {
  const url = URL.createObjectURL(file);
  const a = el("a", { href: url, download: file.name });
  document.body.append(a);
  a.click();
  a.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

// leave goes where the screen was come from, unless that is outside this program.
const leave = () => (cameFromHere() ? history.back() : go("/"));

// copy is the screen.
export function copy() {
  const title = el("h1", { tabindex: "-1", text: "Keep a copy of yourself" });
  if (!app.profile.copy) {
    return el(
      "section",
      {},
      title,
      el("p", { text: "The moment for it is over: this browser keeps your key so that no program can read it, this page included. A copy can only be made while a phone is new." }),
      el("p", {}, button("Back", leave)),
    );
  }
  const [first, second] = [0, 1].map(() => secretInput({ required: true }));
  const wrong = el("p", { class: "warning", role: "alert", hidden: true });
  const make = el("button", { class: "primary", text: "Make the copy" });
  const form = el(
    "form",
    { class: "card", novalidate: true },
    field("Passphrase", first, "Several words that nobody guesses. Whoever has the file and these words is you; without them the file is worth nothing, to you too."),
    field("The passphrase once more", second),
    wrong,
    make,
  );
  const place = el("div", {}, form);
  const complain = (text) => {
    wrong.textContent = text;
    wrong.hidden = false;
  };
  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    if (make.ariaDisabled) return;
    wrong.hidden = true;
    if (first.value === "") return complain("A copy needs a passphrase: type one."), first.focus();
    if (first.value !== second.value) return complain("The two are not the same. Type them once more."), second.focus();
    make.ariaDisabled = "true";
    make.textContent = "Encrypting …";
    try {
      const { copy: raw, server, uuid } = app.profile;
      await app.profile.settle(); // a copy is of somebody who stays
      const plaintext = await backupOf({ raw, server, url: base(), pin: (app.info.pin ?? "").toUpperCase() });
      const bytes = await encrypt(plaintext, first.value);
      plaintext.fill(0);
      const file = new File([bytes], `p4p-copy-${uuid.slice(0, 4)}.age`, { type: "application/octet-stream" });
      place.replaceChildren(...made(file));
      place.querySelector("h2").focus();
      download(file);
    } catch (err) {
      complain(`The copy could not be made: ${err.message} Nothing is lost: you are who you were. Try again, or close other programs first.`);
    } finally {
      make.ariaDisabled = null;
      make.textContent = "Make the copy";
    }
  });
  return el(
    "section",
    {},
    title,
    el("p", { class: "lead", translate: "yes", text: "If this phone or its browser's data is lost, a copy makes you the same person again, in the P4P terminal app." }),
    el("p", { text: "It holds your key: your posts stay yours, and you can delete them. It holds no names and no friends; those you make on this phone stay on this phone." }),
    place,
    el("p", {}, button("Back", leave, { class: "quietly" })),
  );
}

// made is what follows: the file can be had again until the tab is closed.
function made(file) {
  const command = `p4p restore ${file.name}`;
  const shareable = { files: [file] };
  return [
    el(
      "div",
      { class: "card" },
      el("h2", { tabindex: "-1", text: "The copy is made" }),
      el("p", { text: "Your browser saves it now. Keep it where you keep what must not be lost, away from the passphrase. To be yourself again, on a computer with P4P:" }),
      el("pre", { text: command }),
      el("p", { class: "hint", text: "Use it when this phone's page is gone. Two places that both go on as you would contradict each other." }),
      el(
        "div",
        { class: "row" },
        button("Save it again", () => download(file)),
        navigator.canShare?.(shareable) ? button("Share the file", () => navigator.share(shareable).catch(() => {})) : null,
        button("I have it", () => {
          app.profile.forgetCopy();
          say(unreadable);
          leave();
        }, { class: "primary" }),
      ),
    ),
  ];
}
