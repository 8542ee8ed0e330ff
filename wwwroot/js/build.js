// The workbench: keys that its parts want for themselves, the focus of the tree, and what dragging needs beside the page's own handlers.

function nameOf(e) {
  return (e.ctrlKey || e.metaKey ? "Control+" : "") + (e.altKey ? "Alt+" : "") + e.key;
}

// An element says in data-keys which keys it serves itself: they scroll nothing, go to no other page and click no button.
addEventListener("keydown", e => {
  const keys = e.target.closest?.("[data-keys]")?.dataset.keys;
  if (keys && keys.split(" ").includes(nameOf(e))) {
    e.preventDefault();
  }
}, true);

// A browser drags nothing without data, and drops only where that is allowed.
document.addEventListener("dragstart", e => {
  const row = e.target.closest?.("[role=treeitem]");
  if (row && e.dataTransfer) {
    e.dataTransfer.setData("text/plain", row.dataset.at);
    e.dataTransfer.effectAllowed = "move";
  }
});

// Only rows that are on screen exist. While the selected one is not, the tree itself takes the focus, and hands it on.
export function attach(tree) {
  if (!tree) {
    return;
  }
  const selected = () => tree.querySelector("[role=treeitem][tabindex='0']");
  const watch = () => {
    if (selected()) {
      tree.removeAttribute("tabindex");
    } else {
      tree.tabIndex = 0;
    }
  };
  new MutationObserver(watch).observe(tree, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-row"] });
  watch();
  tree.addEventListener("focus", () => settle(tree, Number(tree.dataset.selected), Number(tree.dataset.rowHeight)));
}

// Shows a row, and gives it the focus unless the reader is busy elsewhere.
export function settle(tree, row, height) {
  if (!tree) {
    return;
  }
  const at = document.activeElement;
  const ours = !at || at === document.body || tree.contains(at);
  const top = row * height;
  if (top < tree.scrollTop || top + height > tree.scrollTop + tree.clientHeight) {
    if (ours && at !== tree && !tree.querySelector(`[data-row='${row}']`)) {
      // Rows that leave the screen take the focus with them, and keys would go nowhere.
      tree.tabIndex = -1;
      tree.focus({ preventScroll: true });
    }
    tree.scrollTop = Math.max(0, top < tree.scrollTop ? top : top + height - tree.clientHeight);
  }
  const deadline = performance.now() + 2000;
  const give = () => {
    const element = tree.querySelector(`[data-row='${row}']`);
    if (element && ours && Number(tree.dataset.selected) === row) {
      element.focus({ preventScroll: true });
    } else if (!element && performance.now() < deadline) {
      requestAnimationFrame(give);
    }
  };
  give();
}

// Gives an element the focus, if it is there.
export function focus(id) {
  document.getElementById(id)?.focus();
}

// Brings the active one of a list of offers into view.
export function reveal(id) {
  document.getElementById(id)?.scrollIntoView({ block: "nearest" });
}
