// Lists that change while somebody reads them, or is in the middle of something there.

const made = new WeakMap(); // node -> { id, look } of its item

// keep makes a list's children those of the items, and touches only what changed: a
// node stays for as long as its item's look does. of is { id(item), look(item),
// make(item) -> node, and tell(node, item), which puts into a node that stays what is no
// part of its look }. The focus stays with its item; where that is gone, it goes to what
// stands there now.
export function keep(list, items, of) {
  const control = list.contains(document.activeElement) ? document.activeElement : null;
  const holder = control && [...list.children].find((n) => n.contains(control));
  const place = holder ? { id: made.get(holder)?.id, index: [...list.children].indexOf(holder), nth: controls(holder).indexOf(control) } : null;
  const wanted = new Map(items.map((item) => [of.id(item), { item, look: of.look(item) }]));
  const there = new Map();
  for (const node of [...list.children]) {
    const { id, look } = made.get(node) ?? {};
    if (id !== undefined && wanted.get(id)?.look === look) there.set(id, node);
    else node.remove();
  }
  let at = list.firstElementChild;
  for (const [id, { item, look }] of wanted) {
    let node = there.get(id);
    if (node) of.tell?.(node, item);
    else {
      node = of.make(item);
      node.tabIndex = -1;
      made.set(node, { id, look });
    }
    if (node === at) at = at.nextElementSibling;
    else list.insertBefore(node, at);
  }
  if (place && !list.contains(document.activeElement)) refocus(list, place, control);
}

const controls = (node) => [...node.querySelectorAll("a, button, summary, input, textarea")];

function refocus(list, { id, index, nth }, control) {
  const same = [...list.children].find((n) => made.get(n)?.id === id);
  const within = same ? controls(same) : [];
  const next = control.isConnected ? control : (within.find((c) => c.textContent !== "" && c.textContent === control.textContent) ?? within[nth]);
  const node = same ?? list.children[Math.min(index, list.children.length - 1)] ?? document.querySelector("main h1");
  for (const target of [next, node]) {
    target?.focus({ preventScroll: true });
    if (target && document.activeElement === target) return;
  }
}
