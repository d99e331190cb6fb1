// The document's parts. Whatever strangers wrote reaches it as text only.

// el makes an element. Props are attributes; "on…" are listeners, text is its text,
// a false, null or undefined attribute is left out.
export function el(tag, props = {}, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === false || value === null || value === undefined) continue;
    if (name === "text") e.textContent = value;
    else if (name.startsWith("on")) e.addEventListener(name.slice(2), value);
    else e.setAttribute(name, value === true ? "" : value);
  }
  e.append(...children.filter((c) => c !== null && c !== undefined && c !== false));
  return e;
}

let fields = 0;

// field is a labelled control.
export function field(label, control, hint) {
  control.id ||= `field-${++fields}`;
  const parts = [el("label", { for: control.id, text: label }), control];
  if (hint) {
    const h = el("p", { class: "hint", id: `${control.id}-hint`, text: hint });
    control.setAttribute("aria-describedby", h.id);
    parts.push(h);
  }
  return el("div", { class: "field" }, ...parts);
}

// unhelped keeps off a browser's own helpers (spelling, completion, translation), which
// may hand what is typed to whoever made the browser.
export const unhelped = { autocomplete: "off", autocorrect: "off", spellcheck: "false", translate: "no" };

// nameInput is where somebody's name is typed. A limit on its length would cut what is
// pasted without a word, and inside of a letter.
export const nameInput = (props = {}) =>
  el("input", { type: "text", dir: "auto", autocapitalize: "words", ...unhelped, ...props });

// secretInput is where a passphrase is typed.
export const secretInput = (props = {}) => el("input", { type: "password", autocapitalize: "none", ...unhelped, ...props });

// button runs an action; while that is under way it cannot be pressed again. It keeps
// the focus meanwhile, which a disabled button would lose.
export function button(text, action, props = {}) {
  const b = el("button", { type: "button", ...props, text });
  b.addEventListener("click", async () => {
    if (b.ariaDisabled) return;
    b.ariaDisabled = "true";
    try {
      await action(b);
    } catch (err) {
      say(err.message);
    } finally {
      b.ariaDisabled = null;
    }
  });
  return b;
}

let shown = 0;

// say tells something in passing, on the screen and to a screen reader.
export function say(text) {
  const place = document.getElementById("toast");
  if (!place) return;
  place.textContent = text;
  place.hidden = false;
  const n = ++shown;
  setTimeout(() => {
    if (n === shown) place.hidden = true;
  }, 4000);
}

// copy puts a text on the clipboard, or shows it where the browser does not let the page.
export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const opener = document.activeElement;
    const area = el("textarea", { class: "offscreen", "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    opener?.focus({ preventScroll: true });
    if (!done) return byHand(text);
  }
  say(`${what} copied.`);
}

// byHand shows a text to be copied.
const byHand = (text) =>
  dialog({ "aria-labelledby": "hand-title" }, (end) => {
    const area = el("textarea", { rows: "4", readonly: true, autofocus: true, text });
    area.addEventListener("focus", () => area.select());
    return [
      el("h2", { id: "hand-title", text: "Copy it by hand" }),
      el("p", { text: "This browser does not let the page copy." }),
      field("Mark this and copy it", area),
      el("button", { type: "button", text: "Done", onclick: () => end() }),
    ];
  });

// dialog lays something over the screen and gives how it ended: with what end is called
// with, or with false. It leaves the focus where it came from.
function dialog(props, parts) {
  return new Promise((resolve) => {
    const opener = document.activeElement;
    const done = new AbortController();
    const d = el("dialog", props);
    const end = (answer = false) => {
      done.abort();
      d.close();
      d.remove();
      if (opener?.isConnected) opener.focus({ preventScroll: true });
      resolve(answer);
    };
    d.append(...parts(end));
    d.addEventListener("cancel", (e) => (e.preventDefault(), end()));
    window.addEventListener("popstate", () => end(), { signal: done.signal }); // a step back leaves it as well
    document.body.append(d);
    d.showModal();
  });
}

// ask puts a question before something that cannot be undone; true for yes. It starts
// on what does nothing. about is the text that the question is about, if it is about one.
export const ask = (title, text, yes, about = "") =>
  dialog({ "aria-labelledby": "ask-title", "aria-describedby": "ask-text" }, (end) => [
    el("h2", { id: "ask-title", text: title }),
    el("div", { id: "ask-text" }, about === "" ? null : el("blockquote", { dir: "auto", text: about }), el("p", { text })),
    el(
      "div",
      { class: "row" },
      el("button", { type: "button", class: "danger", text: yes, onclick: () => end(true) }),
      el("button", { type: "button", text: "Leave it", autofocus: true, onclick: () => end(false) }),
    ),
  ]);
