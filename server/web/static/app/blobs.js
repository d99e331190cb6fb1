// Pictures of posts, as they are seen: loaded when they come near the screen, checked
// against the hash that the post names, and given back when there are many.

import { blobID } from "../p4p/record.js";
import * as api from "./api.js";
import { button, el } from "./dom.js";

const most = 24 << 20; // bytes of pictures that are not near the screen and yet kept

const pictures = new Map(); // blob's id -> { url, size, posts, images }; the longest unseen first

async function load(blob, own) {
  const bytes = own ?? (await api.picture(blob));
  if ((await blobID(bytes)) !== blob) throw new Error("The picture is not the one that was posted.");
  return new Blob([bytes], { type: bytes[0] === 0x89 ? "image/png" : "image/jpeg" });
}

// show gives an image that came near its picture.
async function show(img) {
  const { item } = img;
  const { blob } = item.payload.image;
  let p = pictures.get(blob);
  pictures.delete(blob);
  p ??= { url: null, size: 0, posts: new Map(), images: new Set() };
  pictures.set(blob, p);
  p.posts.set(item.id, item);
  p.images.add(img);
  img.near = true;
  p.loading ??= load(blob, item.picture).then((b) => {
    if (pictures.get(blob) !== p) return; // its post went meanwhile
    p.size = b.size;
    p.url = URL.createObjectURL(b);
  });
  try {
    await p.loading;
    if (p.url && img.src !== p.url) img.src = p.url;
    tidy();
  } catch {
    if (pictures.get(blob) === p) pictures.delete(blob);
    const note = el("p", { class: "quiet" }, "The picture cannot be loaded right now. ", button("Try again", () => again(note)));
    missing.set(note, img);
    img.replaceWith(note);
  }
}

const missing = new Map(); // what stands in a picture's place -> its image

function again(note) {
  const img = missing.get(note);
  missing.delete(note);
  note.replaceWith(img);
  near.unobserve(img); // or what left and came back between two frames is no news
  near.observe(img);
}

// loadAgain tries the pictures once more that could not be loaded.
export function loadAgain() {
  for (const note of missing.keys()) {
    if (note.isConnected) again(note);
    else missing.delete(note);
  }
}

// tidy gives back what is far from the screen, beyond the limit.
function tidy() {
  let size = 0;
  for (const p of pictures.values()) size += p.size;
  for (const [blob, p] of pictures) {
    if (size <= most) return;
    if (!p.url || [...p.images].some((i) => i.near && i.isConnected)) continue;
    size -= p.size;
    giveBack(blob, p);
  }
}

function giveBack(blob, p) {
  pictures.delete(blob);
  if (p.url) URL.revokeObjectURL(p.url);
  for (const i of p.images) i.removeAttribute("src"); // loaded again when it comes near
}

// forgetPictures gives back the pictures of posts that nobody is to see any more.
export function forgetPictures(isGone) {
  for (const [blob, p] of pictures) {
    for (const [id, item] of p.posts) if (isGone(item)) p.posts.delete(id);
    if (p.posts.size === 0) giveBack(blob, p);
  }
}

const near = new IntersectionObserver(
  (entries) => {
    for (const { target: img, isIntersecting } of entries) {
      if (isIntersecting) show(img);
      else img.near = false;
    }
  },
  { rootMargin: "600px" },
);

// sized gives an image its place before it is loaded. It keeps its shape in any place.
export function sized(img, width, height) {
  img.style.setProperty("--width", `${width}px`);
  img.style.setProperty("--ratio", width / height);
  return img;
}

// pictureOf is an item's picture.
export function pictureOf(item, alt) {
  const { width, height } = item.payload.image;
  const img = sized(el("img", { alt: alt || "A picture without a description", width, height, decoding: "async" }), width, height);
  img.item = item;
  near.observe(img);
  return el("figure", {}, img);
}
