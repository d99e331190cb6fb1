// Writing a post, with a photo.

import { limits, normalize } from "../../p4p/record.js";
import { app, go } from "../app.js";
import { sized } from "../blobs.js";
import { button, el, field, say } from "../dom.js";
import { alarm, calm, counter, fits, onSubmit, Wrong } from "../form.js";
import { prepare } from "../picture.js";

// photoField lets a photo be chosen or taken. What is chosen last counts.
function photoField(signal) {
  const choose = el("input", { type: "file", accept: "image/*", class: "offscreen", id: "photo" });
  const label = el("label", { for: "photo", class: "button", text: "Add a photo" });
  // Some phones' choosers show the library alone.
  const take = el("input", { type: "file", accept: "image/*", capture: "environment", class: "offscreen", id: "camera" });
  const camera = matchMedia("(pointer: coarse)").matches ? [take, el("label", { for: "camera", class: "button", text: "Take a photo" })] : [];
  const alt = el("input", { type: "text", dir: "auto", autocomplete: "off" });
  const preview = el("div", { class: "preview", hidden: true });
  let chosen = 0;
  let picture = null;
  let ready = Promise.resolve();

  const giveBack = () => URL.revokeObjectURL(preview.querySelector("img")?.src);

  function show(made) {
    picture = made;
    giveBack();
    preview.hidden = !made;
    preview.replaceChildren();
    if (!made) return;
    const img = sized(el("img", { alt: "The photo as it will be posted", width: made.width, height: made.height }), made.width, made.height);
    img.src = URL.createObjectURL(new Blob([made.bytes], { type: "image/jpeg" }));
    preview.append(
      el("figure", {}, img),
      el("p", { class: "hint", text: "Place, time and camera were removed from the file. What can be seen on the photo stays." }),
      field("Describe it for those who cannot see it", alt),
      counter(alt, limits.alt),
      button("Remove the photo", () => {
        chosen++;
        show(null);
        choose.focus();
      }),
    );
  }

  async function pick(input) {
    const file = input.files[0];
    if (!file) return;
    const n = ++chosen;
    calm(choose);
    label.textContent = "Preparing …";
    try {
      const made = await prepare(file);
      if (n === chosen) show(made);
    } catch (err) {
      if (n === chosen) throw new Wrong(choose, err.message);
    } finally {
      input.value = ""; // the same file can be chosen again
      if (n === chosen) label.textContent = "Add a photo";
    }
  }
  for (const input of [choose, take]) {
    input.addEventListener("change", () => {
      ready = pick(input);
      ready.catch((err) => alarm(choose, err.message));
    });
  }
  signal.addEventListener("abort", giveBack);
  return {
    preview,
    buttons: [...camera, choose, label],
    // picture gives the photo once it is prepared, or null.
    async picture() {
      for (let last; last !== ready; ) await (last = ready);
      if (!picture) return null;
      fits(alt, "A description", limits.alt);
      return { ...picture, alt: normalize(alt.value) };
    },
  };
}

export function write(signal) {
  const area = el("textarea", { rows: "6", dir: "auto" });
  const photo = photoField(signal);
  const send = el("button", { class: "primary", text: "Post" });
  const form = el(
    "form",
    { class: "card" },
    field("What do you want to say?", area, "Everybody on this server can read it. Only your friends see that it is from you."),
    counter(area, limits.text),
    photo.preview,
    el("div", { class: "row" }, ...photo.buttons, send),
  );
  onSubmit(form, area, async () => {
    fits(area, "A post", limits.text);
    send.textContent = "Preparing the photo …";
    const text = normalize(area.value);
    const picture = await photo.picture().finally(() => (send.textContent = "Post"));
    const row = await app.outbox.say("post", { text }, picture);
    if (row.refused) {
      await app.outbox.discard(row.id);
      throw new Error(row.refused.message);
    }
    say(row.seq ? "Posted." : "It is posted once the server is reached.");
    if (!signal.aborted) go("/"); // else the person went on already
  });
  return el("section", {}, el("h1", { tabindex: "-1", text: "Write" }), form);
}
