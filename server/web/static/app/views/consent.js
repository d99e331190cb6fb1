// Asking about a name that is somebody else's already, or that looks like it.

import { app } from "../app.js";
import { ask } from "../dom.js";
import { Doubt } from "../friends.js";
import { line } from "../text.js";

// named gives a name, by give, after asking where it is in doubt; where another tab gave
// one meanwhile, it is asked then. give gets the doubt that was put aside. named tells
// whether the name was given.
export async function named(name, exceptID, what, give) {
  for (let doubt = await app.friends.doubt(name, exceptID); ; ) {
    if (doubt && !(await agreed(name, doubt, what))) return false;
    try {
      await give(doubt);
      return true;
    } catch (err) {
      if (!(err instanceof Doubt)) throw err;
      doubt = err.about;
    }
  }
}

// agreed tells whether a name is meant. what is said of one that the same person has:
// why it might be given once more.
function agreed(name, doubt, what) {
  const other = line(doubt.name);
  return doubt.alike
    ? ask(`That looks like ${other}`, `${line(name)} and ${other} could be mistaken for each other, and whoever sends you an invite may want just that. Give another name, or say that they are two people.`, "They are two people")
    : ask(`${other} is there already`, `${what} only if it is the same person with another device. Two people need two names.`, "It is the same person");
}
