// Writing a post, with a photo.

import { limits, normalize } from "../../p4p/record.js";
import { app, go } from "../app.js";
import { button, el, field, say } from "../dom.js";
import { prepare } from "../picture.js";
import { counter } from "../post.js";

export function write(signal) {
  const area = el("textarea", { rows: "6", dir: "auto" });
  const room = counter(area, limits.text);
  const file = el("input", { type: "file", accept: "image/*", class: "offscreen", id: "photo" });
  const choose = el("label", { for: "photo", class: "button", text: "Add a photo" });
  const preview = el("div", { class: "preview", hidden: true });
  const alt = el("input", { type: "text", dir: "auto", autocomplete: "off" });
  let picture = null;
  file.addEventListener("change", async () => {
    if (!file.files[0]) return;
    choose.textContent = "Preparing …";
    try {
      picture = await prepare(file.files[0]);
      const img = el("img", { alt: "The photo as it will be posted", width: picture.width, height: picture.height });
      img.src = URL.createObjectURL(new Blob([picture.bytes], { type: "image/jpeg" }));
      preview.replaceChildren(
        el("figure", {}, img),
        el("p", { class: "hint", text: "Place, time and camera were removed from the file. What can be seen on the photo stays." }),
        field("Describe it for those who cannot see it", alt),
        button("Remove the photo", () => {
          picture = null;
          file.value = "";
          preview.hidden = true;
        }),
      );
      preview.hidden = false;
    } catch (err) {
      say(err.message);
    } finally {
      choose.textContent = "Add a photo";
    }
  });
  const send = el("button", { class: "primary", text: "Post" });
  const form = el(
    "form",
    { class: "card" },
    field("What do you want to say?", area, "Everybody on this server can read it. Only your friends see that it is from you."),
    room,
    preview,
    el("div", { class: "row" }, choose, file, send),
  );
  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    if (send.disabled) return;
    send.disabled = true;
    try {
      const row = await app.outbox.say("post", { text: normalize(area.value) }, picture && { ...picture, alt: normalize(alt.value) });
      if (row.refused) {
        await app.outbox.discard(row.id);
        throw new Error(row.refused.message);
      }
      say(row.seq ? "Posted." : "It is posted once the server is reached.");
      if (!signal.aborted) go("/"); // else the person went on already
    } catch (err) {
      say(err.message);
    } finally {
      send.disabled = false;
    }
  });
  return el("section", {}, el("h1", { tabindex: "-1", text: "Write" }), form);
}
