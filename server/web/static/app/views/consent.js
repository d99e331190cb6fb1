// Asking about a name that is somebody else's already, or that looks like it.

import { app } from "../app.js";
import { ask } from "../dom.js";
import { line } from "../text.js";

// agreed tells whether a name is meant, after asking where that is in doubt. what is
// said of one that the same person has: why it might be given once more.
export async function agreed(name, exceptID, what) {
  const doubt = await app.friends.doubt(name, exceptID);
  if (!doubt) return true;
  const other = line(doubt.name);
  return doubt.alike
    ? ask(`That looks like ${other}`, `${line(name)} and ${other} could be mistaken for each other, and whoever sends you an invite may want just that. Give another name, or say that they are two people.`, "They are two people")
    : ask(`${other} is there already`, `${what} only if it is the same person with another device. Two people need two names.`, "It is the same person");
}
