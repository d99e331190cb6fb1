// Writing something: what is typed is kept, and what is said goes into the outbox.

import { app } from "./app.js";
import { ask, button, el, say } from "./dom.js";
import { Draft, draftKeys } from "./draft.js";

// keepDraft keeps what is typed into a form, and fills it with what was begun there
// before. photo is the form's photo field, if it has one.
export function keepDraft(form, control, place, signal, { photo, offerDiscard = true } = {}) {
  const between = control.tagName === "TEXTAREA" ? "\n\n" : " ";
  const draft = new Draft(place, signal, () => ({ text: control.value, ...photo?.value() }), between);
  const begun = el(
    "p",
    { class: "row begun", hidden: true },
    el("span", { class: "quiet", text: "Begun before." }),
    button("Discard", async () => {
      if (!(await ask("Discard what you began?", "The text and the photo that stand here are gone then.", "Discard it"))) return;
      photo?.cancel();
      await draft.discard();
      fill({ text: "" });
      control.focus();
    }),
  );
  function fill({ text, alt = "", picture = null }) {
    control.value = text;
    const there = photo?.value();
    if (there && (there.picture !== picture || there.alt !== alt)) photo.set(picture, alt);
    control.dispatchEvent(new Event("input")); // for what counts and complains
    begun.hidden = true;
  }
  // adopt shows what another tab made of it; the caret stays in what was typed here.
  function adopt({ text, alt, picture, joined }) {
    const { value, selectionStart, selectionEnd } = control;
    const moved = Math.max(0, text.indexOf(value));
    fill({ text, alt, picture });
    if (document.activeElement === control) control.setSelectionRange(moved + selectionStart, moved + selectionEnd);
    begun.hidden = text === "" && !picture;
    if (joined) say("Something was written here in another tab as well: both stand here now.");
  }
  if (offerDiscard) control.closest(".field").after(begun);
  form.addEventListener("input", () => draft.changed());
  draft.fill = fill;
  draft.restore((kept) => {
    if (signal.aborted) return;
    photo?.resume();
    if (!kept) return;
    const typed = control.value; // while it was fetched
    fill({ ...kept, text: [kept.text, typed].filter(Boolean).join("\n\n") });
    begun.hidden = false;
    if (typed) draft.changed();
  }, adopt);
  return draft;
}

// publish signs what a form says and puts it into the outbox. It ends once it is kept
// there, and the form is empty then; what somebody typed meanwhile stays. How the server
// takes it is told in passing, by words: { sent, waits, refused }.
export function publish(draft, control, kind, said, picture, words) {
  const typed = control.value;
  return new Promise((resolve, reject) => {
    const stored = () => {
      draft.discard();
      const more = control.value === typed ? "" : control.value;
      draft.fill({ text: more });
      if (more) draft.changed();
      draft.flush();
      resolve();
    };
    app.outbox.say(kind, said, picture, { draft: draftKeys(draft.place), stored }).then((row) => {
      if (!row.refused) say(row.seq ? words.sent : words.waits);
      else if (!document.querySelector(`[data-id="${row.id}"]`)) say(words.refused); // else its card says why
    }, reject);
  });
}
