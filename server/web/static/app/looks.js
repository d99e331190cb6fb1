// Names that could be mistaken for each other, by the rules of the terminal app's
// phone book (localmap/looks.go): skeletons as Unicode's UTS 39 has them. Its table is
// loaded when a name is first typed.

let table; // character -> the one for all that is drawn like it

const load = async () => (table ??= (await import("./confusables.js")).confusables);

const drawn = /[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}\ufffd]/u;
const once = (s) =>
  [...s.normalize("NFD")]
    .filter((c) => drawn.test(c))
    .map((c) => table.get(c) ?? c)
    .join("")
    .normalize("NFD");

// Letters of another width or style that the table does not have follow by NFKC.
const skeleton = (s) => once(once(s.normalize("NFD").replace(/\p{Default_Ignorable_Code_Point}/gu, "")).normalize("NFKC"));

// One letter for one, whatever stands beside it.
const lower = (c) => [...c.toLowerCase()][0];
const upper = (c) => (([first, ...more]) => (more.length ? c : first))([...c.toUpperCase()]);
const each = (s, f) => [...s].map(f).join("");

// looksOf are what a name could be read as: as written, where the case of what is read
// makes no difference, but I and l are one drawing and L is another; in capitals; in
// small letters. One in common makes two names look alike.
const looksOf = (name) => [each(skeleton(name), (c) => (c === "L" ? c : lower(c))), skeleton(each(name, upper)), skeleton(each(name, lower))];

const alike = (a, b) => a.some((look, i) => look === b[i]);

// lookAlike is the first of names that this one could be mistaken for, or undefined.
export async function lookAlike(name, names) {
  await load();
  return lookAlikeNow(name, names);
}

// lookAlikeNow is lookAlike for where nothing may be waited for; the table is there once
// something else of this file was asked.
export function lookAlikeNow(name, names) {
  const mine = looksOf(name);
  return names.find((n) => alike(mine, looksOf(n)));
}

// looksLikeLabel tells a name that could be mistaken for the page's word for a
// stranger or for its owner.
export async function looksLikeLabel(name) {
  await load();
  const [anonymous, you] = [looksOf("anonymous"), looksOf("you")];
  return looksOf(name).some((look, i) => {
    const words = look.split(/[^\p{L}\p{N}]+/u).filter(Boolean);
    return words[0] === anonymous[i] || [anonymous[i], you[i]].includes(words.join(""));
  });
}
