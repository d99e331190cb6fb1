// Who this phone is on a server. One secret, made here and never sent; devices on
// two servers share nothing.
//
// The browser keeps the secret so that nobody can read it. The tab that made it can, for
// a copy that its owner may want: until that is made or declined, or the phone has said
// its first word. Until a phone has said or accepted something, nobody knows it: a tab
// that finds it so and is alone makes another one, so that a copy can be made even if
// the first tab was thrown away.

import { equal } from "../p4p/bytes.js";
import { P4PError } from "../p4p/error.js";
import { deviceKey, deviceUUID, newRoot } from "../p4p/key.js";
import { get, put, update } from "./store.js";

const lock = "p4p profile";

// hold keeps a lock for as long as this tab lives. It tells whether it was to be had at
// once; if not, the tab waits in line, which keeps others from being alone later.
function hold(name) {
  return new Promise((resolve) => {
    navigator.locks.request(name, { ifAvailable: true }, (got) => {
      resolve(Boolean(got));
      if (got) return new Promise(() => {});
      navigator.locks.request(name, { mode: "shared" }, () => new Promise(() => {}));
    });
  });
}

// whoHas is who one is with a secret: { root, device, uuid }.
async function whoHas(root) {
  const device = await deviceKey(root, 0);
  return { root, device, uuid: await deviceUUID(device.public) };
}

const forgotten = () =>
  new P4PError("map_damaged", "This browser does not know any more who you are here: its data was cleared while this page was open, or another tab began anew. Nothing was sent. Reload the page.");

// openProfile gives { server, root, device, uuid, owns, copy, settle, use, forgetCopy };
// the first time it makes them. copy is the secret itself, or null where that can no
// longer be read.
export async function openProfile(server) {
  // Two tabs that start together must not make two.
  const { root, device, uuid, copy } = await navigator.locks.request(lock, async () => {
    const old = await get("profiles", server);
    if (old && !(old.fresh && (await hold(`p4p fresh ${server}`)))) return { ...(await whoHas(old.root)), copy: null };
    if (!old) hold(`p4p fresh ${server}`);
    const made = await newRoot();
    const who = await whoHas(made.root);
    await put("profiles", { server, root: made.root, uuid: who.uuid, fresh: true });
    return { ...who, copy: made.raw };
  });
  // settle is called before this phone makes a friendship, or is copied: from then on
  // it stays who it is. Code: map_damaged, where the browser has somebody else by now,
  // or nobody; what was signed by this one would be nobody's.
  const settle = () => {
    navigator.storage?.persist?.().catch(() => {}); // what is kept here should last
    return navigator.locks.request(lock, async () => {
      const { row } = await update("profiles", server, (now) => (now?.uuid === uuid && now.fresh ? { server, root, uuid } : undefined));
      if (row?.uuid !== uuid) throw forgotten();
    });
  };
  const profile = {
    server,
    root,
    device,
    uuid,
    owns: (key) => equal(key, device.public),
    copy,
    settle,
    // use is called before this phone says anything, and where its owner wants no copy.
    async use() {
      await settle();
      profile.forgetCopy();
    },
    // forgetCopy gives up the secret's readable form.
    forgetCopy() {
      profile.copy?.fill(0);
      profile.copy = null;
    },
  };
  return profile;
}
