// Light, dark or as the system says. A classic script in <head>, since a module would run only after the first paint.
(() => {
  const key = "pcidash.theme";
  const system = matchMedia("(prefers-color-scheme: dark)");
  let choice = "system";
  let watcher = null;

  const read = () => {
    try {
      const stored = localStorage.getItem(key);
      choice = stored === "light" || stored === "dark" ? stored : "system";
    } catch {
      // Storage is switched off: the choice lasts as long as the page.
    }
  };

  const apply = () => {
    const dark = choice === "dark" || (choice === "system" && system.matches);
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    watcher?.invokeMethodAsync("OnTheme", choice, dark);
  };

  window.pciDashTheme = {
    choose(next) {
      choice = next;
      try {
        localStorage.setItem(key, next);
      } catch {
        // As above.
      }
      apply();
    },
    watch(component) {
      watcher = component;
      apply();
    },
    unwatch() {
      watcher = null;
    },
  };

  system.addEventListener("change", apply);
  addEventListener("storage", e => {
    if (e.key === key || e.key === null) {
      read();
      apply();
    }
  });

  read();
  apply();
})();
