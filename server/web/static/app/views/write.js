// Writing a post, with a photo.

import { limits, normalize } from "../../p4p/record.js";
import { go } from "../app.js";
import { sized } from "../blobs.js";
import { keepDraft, publish } from "../compose.js";
import { button, el, field } from "../dom.js";
import { alarm, calm, counter, fits, onSubmit, Wrong } from "../form.js";
import { prepare } from "../picture.js";

let preparing = null; // the photo that was chosen last, while it is prepared; it outlives the view

// photoField lets a photo be chosen or taken. What is chosen last counts.
function photoField(signal) {
  const choose = el("input", { type: "file", accept: "image/*", class: "offscreen", id: "photo" });
  const label = el("label", { for: "photo", class: "button", text: "Add a photo" });
  // Some phones' choosers show the library alone.
  const camera = el("input", { type: "file", accept: "image/*", capture: "environment", class: "offscreen", id: "camera" });
  const alt = el("input", { type: "text", dir: "auto", autocomplete: "off" });
  const preview = el("div", { class: "preview", hidden: true });
  let picture = null;
  let ready = Promise.resolve();
  let posting = false;

  const giveBack = () => URL.revokeObjectURL(preview.querySelector("img")?.src);

  function show(made) {
    giveBack();
    picture = made;
    preview.hidden = !made;
    preview.replaceChildren();
    if (!made || signal.aborted) return;
    const img = sized(el("img", { alt: "The photo as it will be posted", width: made.width, height: made.height }), made.width, made.height);
    img.src = URL.createObjectURL(new Blob([made.bytes], { type: "image/jpeg" }));
    preview.append(
      el("figure", {}, img),
      el("p", { class: "hint", text: "Place, time and camera were removed from the file. What can be seen on the photo stays." }),
      field("Describe it for those who cannot see it", alt),
      counter(alt, limits.alt),
      button("Remove the photo", () => {
        cancel();
        show(null);
        changed();
        choose.focus();
      }),
    );
  }
  const changed = () => preview.dispatchEvent(new Event("input", { bubbles: true }));

  // cancel has nothing come of a photo that is still prepared.
  function cancel() {
    preparing = null;
    label.textContent = "Add a photo";
  }

  // take waits for a photo, and shows it unless another one was chosen meanwhile.
  async function take(work) {
    preparing = work;
    calm(choose);
    label.textContent = "Preparing …";
    try {
      const made = await work;
      if (preparing !== work) return;
      picture = made;
      if (signal.aborted) return;
      show(made);
      changed();
    } catch (err) {
      if (preparing === work) throw new Wrong(choose, err.message);
    } finally {
      if (preparing === work) label.textContent = "Add a photo";
      if (preparing === work && (posting || !signal.aborted)) preparing = null; // else the next view takes it
    }
  }
  function pick(work) {
    const taken = (ready = take(work));
    taken.catch((err) => {
      alarm(choose, err.message);
      if (ready === taken) ready = Promise.resolve(); // whoever posts now knows of it
    });
  }
  for (const input of [choose, camera]) {
    input.addEventListener("change", () => {
      if (input.files[0]) pick(prepare(input.files[0]));
      input.value = ""; // the same file can be chosen again
    });
  }
  signal.addEventListener("abort", giveBack);
  return {
    preview,
    buttons: [...(matchMedia("(pointer: coarse)").matches ? [camera, el("label", { for: "camera", class: "button", text: "Take a photo" })] : []), choose, label],
    value: () => ({ picture, alt: alt.value }),
    set(made, text) {
      alt.value = text;
      show(made);
      alt.dispatchEvent(new Event("input"));
    },
    cancel,
    // resume waits for a photo that was chosen before the view was left.
    resume: () => preparing && pick(preparing),
    // picture gives the photo once it is prepared, or null.
    async picture() {
      posting = true;
      try {
        for (let last; last !== ready; ) await (last = ready);
      } finally {
        posting = false;
      }
      if (!picture) return null;
      fits(alt, "A description", limits.alt);
      return { ...picture, alt: normalize(alt.value) };
    },
  };
}

export function write(signal) {
  const area = el("textarea", { rows: "6", dir: "auto" });
  const photo = photoField(signal);
  const send = el("button", { class: "primary big", text: "Post" });
  const form = el(
    "form",
    { class: "card" },
    field("What do you want to say?", area, "Everybody on this server can read it. Only your friends see that it is from you."),
    counter(area, limits.text),
    photo.preview,
    el("div", { class: "row photo" }, ...photo.buttons),
    send,
  );
  const draft = keepDraft(form, area, "post", signal, { photo });
  const words = { sent: "Posted.", waits: "It is posted once the server is reached.", refused: "Your post was not sent. It waits in the feed." };
  onSubmit(form, area, () =>
    draft.leaves(async () => {
      send.textContent = "Preparing the photo …";
      const picture = await photo.picture().finally(() => (send.textContent = "Post"));
      fits(area, "A post", limits.text);
      await publish(draft, area, "post", { text: normalize(area.value) }, picture, words);
      // The form is done with: the way back leads past it. Else the person went on already.
      if (!signal.aborted) go("/", { replace: true });
    }),
  );
  return el("section", {}, el("h1", { tabindex: "-1", text: "Write" }), form);
}
