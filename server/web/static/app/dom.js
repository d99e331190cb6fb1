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

// copy puts a text on the clipboard.
export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    say(`${what} copied.`);
  } catch {
    const area = el("textarea", { class: "offscreen", "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    say(done ? `${what} copied.` : "This browser does not let the page copy: mark the text and copy it by hand.");
  }
}

// ask puts a question before something that cannot be undone; true for yes. It starts
// on what does nothing, and leaves the focus where it came from. about is the text that
// the question is about, if it is about one.
export function ask(title, text, yes, about = "") {
  return new Promise((resolve) => {
    const opener = document.activeElement;
    const done = new AbortController();
    const d = el("dialog", { "aria-labelledby": "ask-title", "aria-describedby": "ask-text" });
    const end = (answer) => {
      done.abort();
      d.close();
      d.remove();
      if (opener?.isConnected) opener.focus({ preventScroll: true });
      resolve(answer);
    };
    d.append(
      el("h2", { id: "ask-title", text: title }),
      el("div", { id: "ask-text" }, about === "" ? null : el("blockquote", { dir: "auto", text: about }), el("p", { text })),
      el(
        "div",
        { class: "row" },
        el("button", { type: "button", class: "danger", text: yes, onclick: () => end(true) }),
        el("button", { type: "button", text: "Leave it", autofocus: true, onclick: () => end(false) }),
      ),
    );
    d.addEventListener("cancel", (e) => (e.preventDefault(), end(false)));
    window.addEventListener("popstate", () => end(false), { signal: done.signal }); // a step back leaves it as well
    document.body.append(d);
    d.showModal();
  });
}
