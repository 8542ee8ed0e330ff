// The command palette finds what the page itself offers: its buttons, links, choices and folded parts, by the names that a screen reader
// says. A page adds a command by having a button; nothing is listed twice.

const dialog = () => document.getElementById("palette");
const most = 50;
let found = [];
let shown = [];
let at = 0;

const words = text => text.replace(/\s+/g, " ").trim();

function visible(element) {
  return element.getClientRects().length > 0 && !element.closest("dialog, [inert], [aria-hidden=true]");
}

function nameOf(element) {
  const label = element.getAttribute("aria-label") ?? element.labels?.[0]?.innerText ?? element.innerText;
  return words(label || element.title || "");
}

function placeOf(element) {
  const part = element.closest("section[aria-label], nav[aria-label], [role=group][aria-label], fieldset, details");
  return words(part?.getAttribute("aria-label") ?? part?.querySelector(":scope > :is(legend, summary)")?.innerText ?? "");
}

function collect() {
  const list = [];
  for (const element of document.querySelectorAll(".shell :is(a[href], button, summary, select)")) {
    // Rows of long tables are no commands, and what opens this is not one either.
    if (!visible(element) || element.disabled || element.closest("tbody, [commandfor=palette]")) {
      continue;
    }
    const place = placeOf(element);
    const name = nameOf(element);
    if (element.tagName === "SELECT") {
      const label = words(element.labels?.[0]?.firstChild?.textContent || name);
      for (const option of element.options) {
        if (!option.selected && !option.disabled) {
          list.push({ name: `${label}: ${words(option.text)}`, place, run: () => choose(element, option.value) });
        }
      }
    } else if (name) {
      list.push({
        name, place, key: element.getAttribute("aria-keyshortcuts"),
        run: () => {
          element.click();
          if (element.tagName === "SUMMARY") {
            element.scrollIntoView({ block: "nearest" });
            element.focus();
          }
        }
      });
    }
  }
  return list;
}

function choose(select, value) {
  select.value = value;
  select.dispatchEvent(new Event("change", { bubbles: true }));
}

function draw() {
  const box = dialog();
  const asked = words(box.querySelector("input").value).toLowerCase().split(" ").filter(w => w);
  shown = found
    .map(c => ({ c, text: `${c.name} ${c.place}`.toLowerCase() }))
    .filter(({ text }) => asked.every(w => text.includes(w)))
    .sort((a, b) => rank(b, asked) - rank(a, asked))
    .map(({ c }) => c);
  at = Math.min(at, Math.max(0, shown.length - 1));
  const list = box.querySelector("[role=listbox]");
  list.replaceChildren(...shown.slice(0, most).map((command, i) => {
    const row = document.createElement("li");
    row.id = `palette-${i}`;
    row.setAttribute("role", "option");
    row.setAttribute("aria-selected", String(i === at));
    const name = document.createElement("span");
    name.textContent = command.name;
    const place = document.createElement("small");
    place.textContent = command.place;
    row.append(name, place);
    if (command.key) {
      const key = document.createElement("kbd");
      key.textContent = command.key;
      row.append(key);
    }
    row.addEventListener("click", () => run(i));
    return row;
  }));
  const input = box.querySelector("input");
  input.setAttribute("aria-activedescendant", shown.length > 0 ? `palette-${at}` : "");
  box.querySelector("[role=status]").textContent = shown.length === 0 ? "Nothing of this page is called so."
    : shown.length > most ? `${shown.length} commands, the first ${most} of them here` : `${shown.length} commands`;
  list.children[at]?.scrollIntoView({ block: "nearest" });
}

// What begins with the first word comes first; the page's order decides between equals.
function rank({ text }, asked) {
  return asked.length > 0 && text.startsWith(asked[0]) ? 1 : 0;
}

function run(i) {
  const command = shown[i];
  dialog().close();
  command?.run();
}

document.addEventListener("click", e => {
  if (e.target.closest?.("[commandfor=palette]")) {
    found = collect();
    at = 0;
    const input = dialog().querySelector("input");
    input.value = "";
    draw();
    // The dialog opens with this very click, and takes the focus then.
    requestAnimationFrame(() => input.focus());
  }
}, true);

document.addEventListener("input", e => {
  if (e.target.closest?.("#palette")) {
    at = 0;
    draw();
  }
});

document.addEventListener("keydown", e => {
  if (!dialog()?.open || !e.target.closest?.("#palette")) {
    return;
  }
  const last = Math.min(shown.length, most) - 1;
  if (e.key === "ArrowDown" || e.key === "ArrowUp") {
    e.preventDefault();
    at = e.key === "ArrowDown" ? (at >= last ? 0 : at + 1) : (at <= 0 ? Math.max(0, last) : at - 1);
    draw();
  } else if (e.key === "Enter" && e.target.tagName === "INPUT") {
    e.preventDefault();
    run(at);
  }
});
