// The page that a link leads to. Opening it consumes nothing; a deliberate press does.

import { codeOf, P4PError } from "../../p4p/error.js";
import { isLoopback, linkApp, linkURL, parseFragment, parseLink } from "../../p4p/link.js";
import { app, go, listen, base } from "../app.js";
import { keepDraft } from "../compose.js";
import { addressWarning, inAppWarning } from "../advice.js";
import { offer } from "./copy.js";
import { button, copy, el, field, nameInput, say } from "../dom.js";
import * as api from "../api.js";
import { cameTooLate, Doubt, refusalOf } from "../friends.js";
import { nameOf } from "../names.js";
import { isSending } from "../post.js";
import { safety } from "./safety.js";
import { linkField } from "./scan.js";
import { line } from "../text.js";

// What a link's fragment holds is taken out of the address bar and the history at
// once. This tab keeps it until the invite is accepted or over, so that a phone may
// throw the page out of its memory in between. Of an invite that is over it keeps why,
// for a reload: "=" and the code.
const keptAs = (id) => `p4p link ${id}`;
let fallback = {}; // where the browser forbids session storage

// readFragment must be called before anything is waited for.
export function readFragment(id) {
  const fragment = location.hash.slice(1);
  if (fragment !== "") {
    history.replaceState(history.state, "", `/f/${id}`);
    remember(id, fragment.replace(/^=+/, ""));
  }
  const kept = recall(id);
  return kept.startsWith("=") ? "" : kept;
}

// remember keeps a fragment for the screen of its invite.
export function remember(id, fragment) {
  fallback = { [id]: fragment };
  try {
    sessionStorage.setItem(keptAs(id), fragment);
  } catch {
    // the page's memory has to do
  }
}

function recall(id) {
  try {
    const kept = sessionStorage.getItem(keptAs(id));
    if (kept) return kept;
  } catch {
    // as above
  }
  return fallback[id] ?? "";
}

function forget(id) {
  fallback = {};
  try {
    sessionStorage.removeItem(keptAs(id));
  } catch {
    // nothing was kept
  }
}

// final are the codes after which a link opens nothing for this phone any more.
const final = ["already_accepted", "expired", "revoked", "own_invite", "wrong_state", "ended", "unknown_friendship", "forged_invite"];

const promise = "Somebody you know wants you to recognise their posts. No account, no e-mail; the name you type stays on this phone.";

// otherWays are for who has P4P elsewhere. The link is written out only when asked for.
// There are none by an address that P4P itself would refuse.
export function otherWays(id, fragment) {
  const server = app.info ? base() : location.origin;
  let link = null;
  let url = "";
  try {
    link = { server, friendship: id, ...parseFragment(fragment) };
    url = linkURL(link);
    parseLink(url);
  } catch {
    return null;
  }
  return el(
    "details",
    { class: "other-ways" },
    el("summary", { text: "Other ways to accept" }),
    el("p", { text: "Is P4P installed on this device? If nothing happens, it is not." }),
    el("p", {}, el("a", { class: "button", href: linkApp(link), text: "Open in the P4P app" })),
    el("p", { text: "Or in another browser, or later:" }),
    button("Copy the link", () => copy(url, "Link")),
    el("p", { text: "Or accept in a terminal, which you can trust more than a page that a server sends. Run the command, paste the link, press Enter and then Ctrl+D: so the link stays out of the shell's history." }),
    button("Copy the command", () => copy("p4p accept -", "Command")),
  );
}

const ways = {
  already_accepted: ["This invite was already used", "Somebody accepted it before. If it was not you, tell your friend: then somebody else holds your link. Your friend can make a new one at any time."],
  expired: ["This invite has expired", "Ask your friend for a new one; the link opens nothing any more."],
  revoked: ["This invite was taken back", "Your friend withdrew it. Ask for a new one if that was a mistake."],
  unknown_friendship: ["The server does not know this invite", "It is long over, or the link was changed on the way. Ask your friend to send it again, or for a new one."],
  own_invite: ["This is your own invite", "You made it on this phone. Send the link to your friend instead of opening it yourself."],
  link_incomplete: ["A part of the link is missing", "The part behind the # is missing or cut short, as some messengers do. Ask your friend for the whole link, or to show the QR code."],
  bad_link: ["The link is damaged", "The part behind the # was changed on the way. Ask your friend for the link again."],
  forged_invite: ["This invite is forged", "The link does not belong to the device that it names. Nothing was accepted. Do not use it, and tell your friend."],
  slot_unopenable: ["This invite does not open", "It does not prove itself, so nothing was accepted. Ask your friend for a new one."],
  wrong_state: ["You know each other already", null],
  ended: ["That friendship is over", "You accepted this invite before, and the friendship ended. Ask your friend for a new invite."],
  server_unreachable: ["The server cannot be reached", "Nothing is lost and the invite is as good as before. Check that you are online, and try again."],
};

// elsewhere is said where the address leads every computer to itself.
const elsewhere = "A link at this address works only on the computer that it was made on. If that was another one, ask your friend to press L beside the invite there, and for the link that is shown then.";

// trouble says what is wrong and how to go on.
function trouble(err, id, fragment, again) {
  const [title, text] = ways[codeOf(err)] ?? ["That did not work", err.message];
  const over = final.includes(codeOf(err));
  if (over) remember(id, `=${codeOf(err)}`); // the secret goes
  return el(
    "section",
    { class: "trouble", "data-code": codeOf(err) },
    el("h1", { tabindex: "-1", text: title }),
    el("p", { text: text ?? (err.message || "Nothing was changed.") }),
    codeOf(err) === "unknown_friendship" && isLoopback(location.hostname.replace(/^\[|\]$/g, "")) ? el("p", { text: elsewhere }) : null,
    ["link_incomplete", "bad_link"].includes(codeOf(err)) ? linkField("The whole link") : null,
    el(
      "p",
      { class: "row" },
      api.isTemporary(err) || codeOf(err) === "home_unwritable" ? button("Try again", again, { class: "primary" }) : null,
      app.profile ? el("a", { class: "button", href: "/", text: "Read the feed" }) : null,
    ),
    over ? null : otherWays(id, fragment),
  );
}

export function accept(signal, id) {
  const place = el("div", {});
  const show = (node) => {
    if (signal.aborted) return;
    place.replaceChildren(node);
    window.scrollTo(0, 0);
    node.querySelector("h1")?.focus({ preventScroll: true });
  };
  let unread = false; // for want of the server
  const load = async () => {
    unread = false;
    const fragment = readFragment(id);
    show(el("section", {}, el("h1", { tabindex: "-1", text: "A friend invite" }), el("p", { role: "status", text: "One moment …" })));
    try {
      const mine = app.friends.row(id);
      if (mine) forget(id);
      if (mine && mine.role === 1 && mine.state !== "ended") return show(accepted(signal, id));
      if (mine && mine.role === 0) throw new P4PError("own_invite", "");
      if (recall(id).startsWith("=")) throw new P4PError(recall(id).slice(1), "");
      const { secret } = parseFragment(fragment);
      const found = await app.friends.read(id, secret);
      show(found.mine ? accepted(signal, id) : question(id, fragment, secret, found, (n) => show(n), signal, load));
    } catch (err) {
      unread = api.isTemporary(err);
      show(trouble(err, id, fragment, load));
    }
  };
  listen("state", () => unread && isSending() && load(), signal);
  window.addEventListener("hashchange", () => location.hash.length > 1 && load(), { signal });
  load();
  return place;
}

// question is the screen on which an invite is accepted, or left.
function question(id, fragment, secret, found, show, signal, again) {
  const input = nameInput({ required: true, enterkeyhint: "go" });
  const meant = el("input", { type: "checkbox", id: "meant" });
  const meantRow = el("p", { class: "check", hidden: true }, meant, el("label", { for: "meant", text: "" }));
  const press = el("button", { class: "primary big", text: "Accept" });
  const wrong = el("p", { class: "warning", role: "alert", hidden: true });
  const form = el("form", { class: "card", novalidate: true }, field("Who did the invite come from?", input, "The name by which you want to see them. It stays on this phone."), wrong, meantRow, press);
  const draft = keepDraft(form, input, `accept ${id}`, signal, { offerDiscard: false });
  const complain = (text) => {
    wrong.textContent = text;
    wrong.hidden = false;
    input.setAttribute("aria-invalid", "true");
    input.focus();
  };
  // agreed tells whether the box is marked that stands for this very doubt; it is put
  // there if not.
  const agreed = ({ name, alike }) => {
    const label = alike ? `They are two people: this one, and ${line(name)}` : `It is the same ${line(name)}, with another device`;
    if (meantRow.lastChild.textContent !== label) meant.checked = false;
    meantRow.lastChild.textContent = label;
    meantRow.hidden = false;
    return meant.checked;
  };
  const about = (name, doubt) =>
    doubt.alike
      ? `${line(name)} could be mistaken for ${line(doubt.name)}, whom you know. Type another name, or say that they are two people.`
      : `You know somebody called ${line(doubt.name)} already. Type another name, or say that it is the same person.`;
  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    if (press.disabled) return;
    wrong.hidden = true;
    input.removeAttribute("aria-invalid");
    press.disabled = true;
    try {
      const name = nameOf(input.value);
      const doubt = await app.friends.doubt(name, id);
      if (doubt && !agreed(doubt)) return complain(about(name, doubt));
      press.textContent = "Accepting …";
      try {
        const row = await app.friends.accept(id, secret, found.invite, name, doubt);
        if (row && row.name !== name) say(`The name ${line(row.name)} stays: you accepted this invite before.`);
      } catch (err) {
        if (!api.isTemporary(err)) throw err;
        say("The server cannot be reached. Your answer is kept and sent as soon as it can be.");
      }
      forget(id);
      await draft.discard();
      show(accepted(signal, id));
    } catch (err) {
      if (codeOf(err) === "bad_name") return complain(err.message);
      if (err instanceof Doubt) {
        agreed(err.about); // another tab gave a name meanwhile
        return complain(about(input.value, err.about));
      }
      show(trouble(err, id, fragment, again));
    } finally {
      press.textContent = "Accept";
      press.disabled = false;
    }
  });
  return el(
    "section",
    { class: "invite" },
    el("h1", { tabindex: "-1", text: "A friend invite" }),
    el("p", { class: "lead", translate: "yes", text: promise }),
    inAppWarning(linkURL({ server: base(), friendship: id, secret, pin: parseFragment(fragment).pin })),
    app.info?.pin
      ? el("p", { class: "quiet", text: "This page comes from a computer in your network that proves itself to programs only: your browser cannot tell whether somebody in this network altered it. Compare the safety number afterwards." })
      : null,
    addressWarning(),
    form,
    found.expires ? el("p", { class: "quiet", text: `Open until ${found.expires.toLocaleString("en-GB", { weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" })}. Nothing happens unless you press Accept.` }) : null,
    app.profile.copy ? el("p", { class: "quiet" }, "You are new here: ", el("a", { href: "/#copy", text: "keep a copy of yourself" }), " before you begin, or right after.") : null,
    otherWays(id, fragment),
  );
}

// over is what is left of a friendship that the other side refused or ended.
function over(r) {
  const late = cameTooLate(r);
  return [
    el("h1", { tabindex: "-1", text: late ? "That was too late" : "That friendship is over" }),
    late
      ? el("p", { class: "lead", text: refusalOf(r) })
      : el("p", { class: "lead" }, el("bdi", { text: line(r.name) }), " did not confirm it, or ended it. Neither of you sees new posts of the other under a name."),
    el("p", { text: "If you think that this is a mistake, talk to each other: a new invite can be made at any time." }),
    el("p", { class: "row" }, el("a", { class: "button primary", href: "/", text: "Go on to the feed" }), el("a", { class: "button", href: "/#friends", text: "Friends" })),
  ];
}

// accepted is what follows an acceptance.
function accepted(signal, id) {
  const place = el("section", { class: "accepted" });
  const copyOffer = offer();
  function draw() {
    const r = app.friends.row(id);
    if (!r) return go("/");
    const name = el("bdi", { text: line(r.name) });
    const [title, text] = {
      accepted: r.pending ? ["Kept on this phone", "Your answer is sent as soon as the server is reached."] : ["Accepted", null],
      friend: ["You are friends", null],
    }[r.state] ?? [];
    if (!title) return place.replaceChildren(...over(r));
    place.replaceChildren(
      el("h1", { tabindex: "-1", text: title }),
      text ? el("p", { text }) : "",
      r.state === "friend"
        ? el("p", { class: "lead" }, "You recognise each other's posts from now on. To everybody else, ", name, " and you stay anonymous.")
        : el("p", { class: "lead" }, "From now on, posts by the device that made the invite show the name ", name, " to you. ", "Your own posts get your name over there once it is confirmed."),
      el("h2", { text: "Safety number" }),
      el("p", { text: "Read it to each other, by phone or face to face. The same number on both screens means that nobody sits between you." }),
      safety(r),
      copyOffer,
      el("p", {}, el("a", { class: "button primary big", href: "/", text: "Go on to the feed" })),
    );
  }
  listen("friends", draw, signal);
  draw();
  return place;
}
