// Who this phone is on a server. One secret, made here and never sent; devices on
// two servers share nothing.
//
// The secret can be read while the tab is open that made it, for a copy that its owner
// may want; the browser keeps it so that nobody can read it again. Until a phone has
// said or accepted something, nobody knows it: a tab that finds it so and is alone makes
// another one, so that a copy can be made even if the first tab was thrown away.

import { equal } from "../p4p/bytes.js";
import { deviceKey, deviceUUID, newRoot } from "../p4p/key.js";
import { get, put } from "./store.js";

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

// openProfile gives { server, root, device, uuid, owns, use, copy }; the first time it
// makes them. copy is the secret itself, or null where that can no longer be read.
export async function openProfile(server) {
  // Two tabs that start together must not make two.
  const { root, copy } = await navigator.locks.request(lock, async () => {
    const old = await get("profiles", server);
    if (old && !(old.fresh && (await hold(`p4p fresh ${server}`)))) return { root: old.root, copy: null };
    if (!old) hold(`p4p fresh ${server}`);
    const made = await newRoot();
    await put("profiles", { server, root: made.root, fresh: true });
    return { root: made.root, copy: made.raw };
  });
  const device = await deviceKey(root, 0);
  const profile = {
    server,
    root,
    device,
    uuid: await deviceUUID(device.public),
    owns: (key) => equal(key, device.public),
    copy,
    // use is called before this phone says or accepts anything, or is copied: from then
    // on it stays who it is.
    use: () => {
      navigator.storage?.persist?.().catch(() => {}); // what is kept here should last
      return navigator.locks.request(lock, async () => {
        const row = await get("profiles", server);
        if (row?.fresh) await put("profiles", { server, root: row.root });
      });
    },
    // forgetCopy gives up the secret's readable form.
    forgetCopy() {
      profile.copy?.fill(0);
      profile.copy = null;
    },
  };
  return profile;
}
