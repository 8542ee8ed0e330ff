// Sizes of panels, set by the bars between them and remembered. A classic script in <head>: the first paint has them already.
// The style sheet reads them as --panel-NAME and keeps each within the window that there is.
(() => {
  const key = "pcidash.panels";
  const step = 16;
  const leap = 64;
  const room = 0.8;
  let sizes = {};

  const read = () => {
    try {
      const kept = JSON.parse(localStorage.getItem(key) ?? "{}");
      sizes = Object.fromEntries(Object.entries(kept ?? {}).filter(([name, size]) => /^[a-z]+$/.test(name) && Number.isFinite(size) && size > 0));
    } catch {
      // Storage is switched off or holds something else: the sizes last as long as the page.
    }
  };

  const keep = () => {
    try {
      localStorage.setItem(key, JSON.stringify(sizes));
    } catch {
      // As above.
    }
  };

  const put = (name, size) => {
    if (size === null) {
      delete sizes[name];
      document.documentElement.style.removeProperty(`--panel-${name}`);
    } else {
      sizes[name] = size;
      document.documentElement.style.setProperty(`--panel-${name}`, `${size}px`);
    }
  };

  const panelOf = bar => document.getElementById(bar.getAttribute("aria-controls"));
  const isHeight = bar => bar.getAttribute("aria-orientation") === "horizontal";
  const sizeOf = bar => {
    const box = panelOf(bar)?.getBoundingClientRect();
    return box ? Math.round(isHeight(bar) ? box.height : box.width) : 0;
  };
  const most = bar => Math.round(room * (isHeight(bar) ? innerHeight : bar.parentElement.clientWidth));
  const set = (bar, size) => put(bar.dataset.panel, Math.min(most(bar), Math.max(Number(bar.getAttribute("aria-valuemin")), Math.round(size))));
  const tell = bar => {
    bar.setAttribute("aria-valuemax", most(bar));
    bar.setAttribute("aria-valuenow", sizeOf(bar));
  };
  const settle = bar => {
    keep();
    tell(bar);
    dispatchEvent(new Event("resize")); // Charts are drawn to the size that they had.
  };
  const barOf = e => e.target.closest?.("[data-panel]");

  let held = null;
  document.addEventListener("pointerdown", e => {
    const bar = barOf(e);
    if (bar && e.button === 0) {
      held = { bar, size: sizeOf(bar), x: e.clientX, y: e.clientY };
      bar.setPointerCapture(e.pointerId);
      bar.focus();
      e.preventDefault();
    }
  });
  document.addEventListener("pointermove", e => {
    if (held) {
      const by = isHeight(held.bar) ? e.clientY - held.y : e.clientX - held.x;
      set(held.bar, held.size + (held.bar.dataset.fromEnd === "true" ? -by : by));
    }
  });
  const release = () => {
    if (held) {
      const { bar } = held;
      held = null;
      settle(bar);
    }
  };
  document.addEventListener("pointerup", release);
  document.addEventListener("pointercancel", release);

  const asItWas = bar => {
    put(bar.dataset.panel, null);
    settle(bar);
  };
  document.addEventListener("dblclick", e => {
    const bar = barOf(e);
    if (bar) {
      asItWas(bar);
    }
  });

  document.addEventListener("focusin", e => {
    const bar = barOf(e);
    if (bar) {
      tell(bar);
    }
  });
  document.addEventListener("keydown", e => {
    const bar = barOf(e);
    if (!bar || e.ctrlKey || e.metaKey || e.altKey) {
      return;
    }
    const by = e.shiftKey ? leap : step;
    const moves = isHeight(bar) ? { ArrowUp: -by, ArrowDown: by } : { ArrowLeft: -by, ArrowRight: by };
    if (e.key in moves) {
      set(bar, sizeOf(bar) + (bar.dataset.fromEnd === "true" ? -moves[e.key] : moves[e.key]));
      settle(bar);
    } else if (e.key === "Home" || e.key === "End") {
      set(bar, e.key === "Home" ? 0 : Infinity);
      settle(bar);
    } else if (e.key === "Enter") {
      asItWas(bar);
    } else {
      return;
    }
    e.preventDefault();
  });

  const apply = () => Object.entries(sizes).forEach(([name, size]) => put(name, size));
  addEventListener("storage", e => {
    if (e.key === key || e.key === null) {
      const before = Object.keys(sizes);
      sizes = {};
      read();
      before.filter(name => !(name in sizes)).forEach(name => document.documentElement.style.removeProperty(`--panel-${name}`));
      apply();
      dispatchEvent(new Event("resize"));
    }
  });

  read();
  apply();
})();
