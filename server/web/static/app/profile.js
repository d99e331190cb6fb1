// Who this phone is on a server. One secret, made here and never sent; devices on
// two servers share nothing.

import { equal } from "../p4p/bytes.js";
import { deviceKey, deviceUUID, newRoot } from "../p4p/key.js";
import { get, put } from "./store.js";

// openProfile gives { server, root, device, uuid }; the first time it makes them.
export async function openProfile(server) {
  // Two tabs that start together must not make two.
  const row = await navigator.locks.request("p4p profile", async () => {
    const old = await get("profiles", server);
    if (old) return old;
    const made = { server, root: await newRoot() };
    await put("profiles", made);
    return made;
  });
  const device = await deviceKey(row.root, 0);
  return {
    server,
    root: row.root,
    device,
    uuid: await deviceUUID(device.public),
    owns: (key) => equal(key, device.public),
  };
}
