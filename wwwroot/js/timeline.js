// An element may be gone when the call arrives: the reader has left meanwhile. That is no error.

// Brings a row of a scrolling table into view, only if it is not.
export function reveal(box, top, height) {
  if (!box) {
    return;
  }
  const head = box.querySelector("thead")?.offsetHeight ?? 0;
  if (top < box.scrollTop || top + height + head > box.scrollTop + box.clientHeight) {
    box.scrollTop = Math.max(0, top - box.clientHeight / 2 + head);
  }
}

// The address follows the view, at most five times a second, for browsers refuse more; the page's own history state stays.
// "from" is the address that this one follows: if the reader has gone elsewhere meanwhile, nothing is exchanged. Null: whatever it is.
const pause = 200;
let pending = null;
let last = -Infinity;

export function replaceAddress(url, from) {
  if (pending && pending.on !== location.pathname) {
    clearTimeout(pending.timer);
    pending = null;
  }
  if (from !== null && from !== (pending?.url ?? location.pathname)) {
    return;
  }
  clearTimeout(pending?.timer);
  pending = { url, on: location.pathname, timer: setTimeout(flush, Math.max(0, last + pause - performance.now())) };
}

function flush() {
  if (!pending) {
    return;
  }
  const { url, on, timer } = pending;
  pending = null;
  clearTimeout(timer);
  if (on === location.pathname) {
    history.replaceState(history.state, "", url);
    last = performance.now();
  }
}

// What makes a new entry of the history comes after the address of the one before has been written.
for (const [type, on] of [["click", "a, .next button"], ["change", "select, .machine input"]]) {
  document.addEventListener(type, e => e.target.closest?.(on) && flush(), true);
}
addEventListener("pagehide", flush);

export async function copyAddress(url) {
  await navigator.clipboard.writeText(new URL(url, document.baseURI).href);
}

export async function copyText(text) {
  await navigator.clipboard.writeText(text);
}

// The server has laid the file down at an address, for one fetch.
export function saveFile(name, address) {
  const link = document.createElement("a");
  link.href = new URL(address, document.baseURI).href;
  link.download = name;
  link.click();
}
