// What p4p restore reads: the rows of the local map of docs/decisions/0009, of which
// a phone that nobody knows yet has one.

import { fromHex, utf8 } from "./bytes.js";
import { deviceKey } from "./key.js";
import { kdfKey } from "./crypto.js";

const bytes = (b) => ({ b: btoa(String.fromCharCode(...b)) });

// backupOf is the document of one who has said nothing yet and knows nobody: R, and
// the server that it belongs to, with its address and, if that is self-signed, pin.
export async function backupOf({ raw, server, url, pin, at = new Date() }) {
  const { public: key } = await deviceKey(await kdfKey(raw), 0);
  const profile = {
    id: 1,
    root: bytes(raw),
    base_key: bytes(key),
    rotations: 0,
    server: bytes(fromHex(server.replaceAll("-", ""))),
    server_url: url,
    server_pin: pin,
    erase_due: 0,
  };
  const tables = [{ name: "profile", columns: Object.keys(profile), rows: [Object.values(profile)] }];
  return utf8(JSON.stringify({ p4p: "backup", version: 1, format: 1, made_at: at.toISOString(), tables }));
}
