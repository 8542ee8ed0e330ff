// The lanes under hand: what is drawn moves at once with wheel and pointer, and the server is asked for new detail a moment later.
// Everything beside the chart (cursor, markers, ticks) stands at its place on the axis by CSS, from --from and --width.

const pause = 60;
const still = 4;

export function attach(root, page) {
  const body = root?.querySelector(".lane-body");
  if (!body) {
    return { detach() {} }; // The reader has left meanwhile.
  }
  const ticks = root.querySelector(".lane-ticks");
  const heads = root.querySelector(".lane-heads");
  const zooms = root.dataset.zooms === "true";
  const listeners = new AbortController();
  const on = (target, type, act, options) => target.addEventListener(type, act, { signal: listeners.signal, ...options });
  let chart = null;
  let view = null; // What the reader has made of the window and the chart does not show yet.
  let asked = null;
  let timer = 0;
  let waiting = false;

  const number = name => Number(root.dataset[name]);
  const shown = () => view ?? [number("from"), number("to")];
  const drawn = () => chart?.layout?.xaxis?.range ?? [number("from"), number("to")];
  const same = (a, b) => Math.abs(a[0] - b[0]) + Math.abs(a[1] - b[1]) < (b[1] - b[0]) * 1e-6;

  function place() {
    for (const element of [body, ticks]) {
      if (view) {
        element.style.setProperty("--from", view[0]);
        element.style.setProperty("--width", view[1] - view[0]);
      } else {
        element.style.removeProperty("--from");
        element.style.removeProperty("--width");
      }
    }
    if (!chart) {
      return;
    }
    const [d0, d1] = drawn();
    const [v0, v1] = view ?? [d0, d1];
    chart.style.transform = same([d0, d1], [v0, v1]) ? "" : `translateX(${100 * (d0 - v0) / (v1 - v0)}%) scaleX(${(d1 - d0) / (v1 - v0)})`;
  }

  function look(from, to) {
    const end = number("end");
    const width = Math.min(end, Math.max(number("least"), to - from));
    const middle = (from + to) / 2;
    const left = Math.min(Math.max(0, to - from < width ? middle - width / 2 : from), end - width);
    find();
    view = [left, left + width];
    place();
    clearTimeout(timer);
    timer = setTimeout(ask, pause);
  }

  async function ask() {
    timer = 0;
    if (waiting) {
      return;
    }
    const want = view;
    waiting = true;
    try {
      asked = await page.invokeMethodAsync("WindowAtAsync", want[0], want[1]);
    } catch {
      asked = null; // The server is gone; the dialog tells so.
    }
    waiting = false;
    if (view !== want && view && !timer) {
      timer = setTimeout(ask, pause);
    }
    settle();
  }

  function settle() {
    if (view && !timer && !waiting && (!asked || same(drawn(), asked))) {
      view = null;
    }
    place();
  }

  // The chart is drawn by another script, perhaps anew.
  function find() {
    const found = body.querySelector(".js-plotly-plot");
    if (found && found !== chart && found.on) {
      chart = found;
      chart.on("plotly_afterplot", settle);
      chart.on("plotly_relayout", change => {
        const from = change["xaxis.range[0]"];
        if (typeof from === "number" && zooms) {
          look(from, change["xaxis.range[1]"]);
        }
      });
    }
  }

  const watch = new MutationObserver(() => {
    find();
    if (!waiting && !timer && view && asked && !same([number("from"), number("to")], asked)) {
      view = null; // Moved by a key or a button.
      place();
    }
  });
  watch.observe(root, { attributes: true, attributeFilter: ["data-from", "data-to"] });
  watch.observe(body, { childList: true });
  const early = setInterval(() => {
    find();
    if (chart) {
      clearInterval(early);
    }
  }, 100);

  function shareAt(e) {
    const box = body.getBoundingClientRect();
    return (e.clientX - box.left) / box.width;
  }

  if (zooms) {
    const wheel = e => {
      const unit = e.deltaMode === 1 ? 16 : e.deltaMode === 2 ? 400 : 1;
      const [from, to] = shown();
      if (e.ctrlKey || e.metaKey) {
        const factor = Math.exp(Math.max(-60, Math.min(60, e.deltaY * unit)) * 0.006);
        const at = from + shareAt(e) * (to - from);
        look(at - (at - from) * factor, at + (to - at) * factor);
      } else if (e.shiftKey || Math.abs(e.deltaX) > Math.abs(e.deltaY)) {
        const by = (e.deltaX || e.deltaY) * unit / body.clientWidth * (to - from);
        pan(from, to, by);
      } else {
        return; // Scrolls the lanes.
      }
      e.preventDefault();
      e.stopPropagation();
    };
    on(body, "wheel", wheel, { passive: false, capture: true });
    on(ticks, "wheel", wheel, { passive: false });
  }

  function pan(from, to, by) {
    const free = Math.max(-from, Math.min(number("end") - to, by));
    look(from + free, to + free);
  }

  // A click anywhere in the lanes seeks; Plotly itself only reports clicks on what it has drawn. A plain drag is Plotly's (it zooms);
  // with Shift, with the middle button, by a finger, or on the ticks it pans. Two fingers zoom.
  const fingers = new Map();
  let down = null;
  const press = e => {
    const isTouch = e.pointerType === "touch";
    if (isTouch) {
      fingers.set(e.pointerId, e);
    }
    const pans = zooms && (isTouch || e.shiftKey && e.button === 0 || e.button === 1 || e.currentTarget === ticks);
    down = e.button === 0 || pans ? { x: e.clientX, y: e.clientY, window: shown(), pans, seeks: e.button === 0 && e.currentTarget === body, moved: false } : null;
    if (fingers.size === 2) {
      const [a, b] = [...fingers.values()];
      down.pinch = { gap: Math.max(20, Math.abs(a.clientX - b.clientX)), at: shareAt({ clientX: (a.clientX + b.clientX) / 2 }) };
      down.seeks = false;
    }
    if (pans && !isTouch) {
      e.preventDefault();
      e.stopPropagation();
    }
  };
  const move = e => {
    if (!down) {
      return;
    }
    if (fingers.has(e.pointerId)) {
      fingers.set(e.pointerId, e);
    }
    down.moved ||= Math.abs(e.clientX - down.x) > still || Math.abs(e.clientY - down.y) > still;
    const [from, to] = down.window;
    if (down.pinch && fingers.size === 2) {
      const [a, b] = [...fingers.values()];
      const factor = down.pinch.gap / Math.max(20, Math.abs(a.clientX - b.clientX));
      const at = from + down.pinch.at * (to - from);
      look(at - (at - from) * factor, at + (to - at) * factor);
    } else if (down.pans && !down.pinch && down.moved) {
      pan(from, to, (down.x - e.clientX) / body.clientWidth * (to - from));
    }
  };
  const release = e => {
    fingers.delete(e.pointerId);
    if (!down || fingers.size > 0) {
      return;
    }
    const { seeks, moved } = down;
    down = null;
    const box = body.getBoundingClientRect();
    const x = (e.clientX - box.left) / box.width;
    const y = (e.clientY - box.top) / box.height;
    if (e.type === "pointerup" && seeks && !moved && x >= 0 && x <= 1 && y >= 0 && y <= 1 && !e.target.closest?.("button")) {
      // A part of the window that the server knows, wherever the reader is by now.
      const [from, to] = shown();
      const at = from + x * (to - from);
      page.invokeMethodAsync("ClickedAt", (at - number("from")) / (number("to") - number("from")), y).catch(() => {}); // As above.
    }
  };
  // Captured: Plotly stops these on its way.
  on(body, "pointerdown", press, { capture: true });
  on(ticks, "pointerdown", press);
  on(document, "pointermove", move, { capture: true });
  on(document, "pointerup", release, { capture: true });
  on(document, "pointercancel", release, { capture: true });
  on(body, "mousedown", e => down?.pans && e.stopPropagation(), { capture: true });
  on(body, "touchstart", e => zooms && e.stopPropagation(), { capture: true, passive: true });

  // Lanes are put elsewhere by their heads.
  let dragged = null;
  const rowOf = e => e.target.closest?.("[data-lane]");
  const clear = () => heads.querySelectorAll(".drop-before, .drop-after").forEach(r => r.classList.remove("drop-before", "drop-after"));
  const below = (row, e) => e.clientY > row.getBoundingClientRect().top + row.offsetHeight / 2;
  on(heads, "dragstart", e => {
    dragged = rowOf(e)?.dataset.lane ?? null;
    e.dataTransfer.effectAllowed = "move";
    e.dataTransfer.setData("text/plain", dragged ?? "");
  });
  on(heads, "dragover", e => {
    const row = rowOf(e);
    if (!dragged || !row) {
      return;
    }
    e.preventDefault();
    clear();
    row.classList.add(below(row, e) ? "drop-after" : "drop-before");
  });
  on(heads, "drop", e => {
    const row = rowOf(e);
    if (dragged && row) {
      e.preventDefault();
      page.invokeMethodAsync("PutLaneAsync", dragged, row.dataset.lane, below(row, e)).catch(() => {}); // As above.
    }
    clear();
    dragged = null;
  });
  on(heads, "dragend", () => {
    clear();
    dragged = null;
  });

  return {
    detach() {
      listeners.abort();
      watch.disconnect();
      clearInterval(early);
      clearTimeout(timer);
      chart?.removeAllListeners?.("plotly_afterplot");
      chart = null;
    }
  };
}
