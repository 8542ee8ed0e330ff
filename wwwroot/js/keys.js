// Keys are declared where they act: pressing what an element's aria-keyshortcuts says clicks that element.
// So a screen reader announces the same keys that work, and a page adds one without any script.

const typing = "input, textarea, select, [contenteditable], [role=textbox]";
// Undoing within a text is the text's own.
const editing = ["Control+z", "Control+y", "Control+Shift+z", "Control+d"];
const arrowsAreTheirs = "[role=tablist], [role=radiogroup], [role=menu], [role=listbox], [role=tree], [role=slider], [role=grid]";

// Keys that are a single character can be switched off, for those who speak to their computer or press keys by accident.
const store = "pcidash.keys";
let characters = true;

function read() {
  try {
    characters = localStorage.getItem(store) !== "off";
  } catch {
    // Storage is switched off: the choice lasts as long as the page.
  }
}

read();
addEventListener("storage", read);

// The box is drawn by the page, perhaps anew: it is set whenever its dialog is about to open.
document.addEventListener("click", e => {
  const box = document.getElementById("character-keys");
  if (box && e.target.closest?.("[commandfor=keys]")) {
    box.checked = characters;
  }
}, true);

document.addEventListener("change", e => {
  if (e.target.id === "character-keys") {
    characters = e.target.checked;
    try {
      localStorage.setItem(store, characters ? "on" : "off");
    } catch {
      // As above.
    }
  }
});

function nameOf(e) {
  const key = e.key === " " ? "Space" : e.key;
  // Shift is part of a printed character already: "?" is "?" on every keyboard layout.
  // With Control it is not: that prints nothing.
  const command = e.ctrlKey || e.metaKey;
  return (command ? "Control+" : "") + (e.altKey ? "Alt+" : "") + (e.shiftKey && (command || key.length > 1) ? "Shift+" : "") + (command && key.length === 1 ? key.toLowerCase() : key);
}

document.addEventListener("keydown", e => {
  if (e.defaultPrevented || e.isComposing || document.querySelector("dialog[open]")) {
    return;
  }
  const at = e.target;
  const plain = !e.ctrlKey && !e.metaKey && !e.altKey;
  if (at.closest?.(typing) && (plain || editing.includes(nameOf(e)))) {
    return;
  }
  if (e.key.startsWith("Arrow") && at.closest?.(arrowsAreTheirs)) {
    return;
  }
  if ((e.key === " " || e.key === "Enter") && at.closest?.("a, button, summary")) {
    return;
  }
  const name = nameOf(e);
  if (!characters && name.length === 1) {
    return;
  }
  for (const element of document.querySelectorAll("[aria-keyshortcuts]")) {
    if (!element.disabled && element.getAttribute("aria-keyshortcuts").split(" ").includes(name)) {
      e.preventDefault();
      element.click();
      return;
    }
  }
});

// With <base href="/"> the address "#main" means "/#main", which would leave the page. Captured, to come before the router.
document.addEventListener("click", e => {
  if (e.target.closest?.(".skip-link")) {
    e.preventDefault();
    document.getElementById("main").focus();
  }
}, true);

// Buttons with command and commandfor open and close dialogs by themselves; browsers from before 2026 need a hand.
if (!("command" in HTMLButtonElement.prototype)) {
  document.addEventListener("click", e => {
    const button = e.target.closest?.("button[commandfor]");
    const dialog = button && document.getElementById(button.getAttribute("commandfor"));
    if (button?.getAttribute("command") === "show-modal") {
      dialog.showModal();
    } else if (button?.getAttribute("command") === "close") {
      dialog.close();
    }
  });
}
