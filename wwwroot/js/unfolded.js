// What is open on a page beyond its address (unfolded parts, chosen views) stays so in this tab: over a reload, a sleep, a lost server.
// An element says by data-kept that it is such a part, and under which name.

const store = "pcidash.unfolded";
let known = {};

try {
  known = JSON.parse(sessionStorage.getItem(store) ?? "{}") ?? {};
} catch {
  // Storage is switched off, or holds something else.
}

function keep(name, value) {
  known[name] = value;
  try {
    sessionStorage.setItem(store, JSON.stringify(known));
  } catch {
    // It lasts as long as the page.
  }
}

let queued = 0;

// What a page draws closed and the reader had open: opened as soon as it is there, and as often as it is drawn anew.
const done = new WeakSet();

function restore(element) {
  const name = element.dataset.kept;
  if (done.has(element) || !(name in known)) {
    return;
  }
  if (element instanceof HTMLDetailsElement) {
    done.add(element);
    element.open = known[name] === true;
  } else if (document.querySelector(".shell[data-interactive=true]")) {
    done.add(element);
    if (element.value !== known[name] && [...element.options ?? []].some(o => o.value === known[name])) {
      element.value = known[name];
      element.dispatchEvent(new Event("change", { bubbles: true }));
    }
  }
}

function restoreAll() {
  queued = 0;
  document.querySelectorAll("[data-kept]").forEach(restore);
}

// "toggle" does not bubble.
document.addEventListener("toggle", e => {
  if (e.target.dataset?.kept && e.target instanceof HTMLDetailsElement && (e.target.open || e.target.dataset.kept in known)) {
    keep(e.target.dataset.kept, e.target.open);
  }
}, true);

document.addEventListener("change", e => {
  if (e.target.dataset?.kept) {
    done.add(e.target);
    keep(e.target.dataset.kept, e.target.value);
  }
});

new MutationObserver(() => queued ||= setTimeout(restoreAll, 30)).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-interactive"] });
restoreAll();
