// What may cost somebody here their identity, said before it does.

import { app } from "./app.js";
import { button, copy, el } from "./dom.js";
import { setSetting, setting } from "./store.js";

const messengers = /FBAN|FBAV|Instagram|Line\/|MicroMessenger|Snapchat|TikTok|musical_ly|Twitter|LinkedInApp|GSA\/|; wv\)/;

// isInApp tells whether another app shows this page, in a browser of its own, which
// forgets what it stores sooner or later. On Apple's phones every browser calls itself
// Safari as well, which such a one does not; nor does an app on the home screen.
export function isInApp(navigator, installed) {
  const { userAgent, maxTouchPoints, standalone } = navigator;
  if (messengers.test(userAgent)) return true;
  const apple = /iPhone|iPad|iPod/.test(userAgent) || (/Macintosh/.test(userAgent) && maxTouchPoints > 1);
  return apple && /AppleWebKit\//.test(userAgent) && !/Safari\//.test(userAgent) && !standalone && !installed;
}

let known; // whether somebody said so, undefined until it was looked up

// inAppWarning is said in such a browser; with the name of a setting until somebody
// says that it is known.
export function inAppWarning(url, once) {
  const place = el("div", {});
  if (!isInApp(navigator, matchMedia("(display-mode: standalone)").matches)) return place;
  const show = () =>
    place.append(
      el(
        "div",
        { class: "warning card" },
        el("p", { text: "Another app shows you this page, and such a browser forgets what it keeps: your key, and the names. Look for ⋯ and “Open in browser”, or copy the link and paste it into Safari, Chrome or Firefox." }),
        el(
          "div",
          { class: "row" },
          button("Copy the link", () => copy(url, "Link")),
          once ? button("I know", () => setSetting(once, (known = true)).then(() => place.replaceChildren())) : null,
        ),
      ),
    );
  if (!once || known === false) show();
  else if (known === undefined) setting(once).then((v) => (known = Boolean(v)) || show(), show);
  return place;
}

// addressWarning is said by a computer in the own network, whose address may be another
// one tomorrow. What a browser keeps belongs to an address.
export const addressWarning = () =>
  app.info?.pin
    ? el("p", { class: "quiet", text: `Your browser keeps who you are for this address of that computer alone, and the address may change: ${app.profile.copy ? "keep a copy of yourself, and " : ""}make lasting friends through a server that has a name for good.` })
    : null;
