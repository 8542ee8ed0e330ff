// What a reader's hand does, and how long the page takes from there to the frame that shows what came of it. One call of a function is one
// measurement, in milliseconds.
window.bench = (() => {
  const limit = 20000;
  const root = () => document.querySelector(".timeline");
  const body = () => document.querySelector(".lane-body");

  // The frame is on its way to the screen when what comes after it runs.
  const painted = () => new Promise(done => requestAnimationFrame(() => {
    const after = new MessageChannel();
    after.port1.onmessage = done;
    after.port2.postMessage(0);
  }));

  async function until(holds, what) {
    const begin = performance.now();
    while (!holds()) {
      await new Promise(next => setTimeout(next, 1));
      if (performance.now() - begin > limit) {
        throw new Error("It never came: " + what);
      }
    }
  }

  const windowNow = () => root().dataset.from + " " + root().dataset.to;
  const drawn = () => !document.querySelector(".lane-chart").style.transform && !body().style.getPropertyValue("--from");

  async function wheel(how, at) {
    const before = windowNow();
    const box = body().getBoundingClientRect();
    const begin = performance.now();
    body().dispatchEvent(new WheelEvent("wheel", { clientX: box.left + at * box.width, clientY: box.top + 40, bubbles: true, cancelable: true, ...how }));
    await until(() => windowNow() !== before && drawn(), "new detail");
    await painted();
    return performance.now() - begin;
  }

  return {
    zoom: (by, at) => wheel({ deltaY: by, ctrlKey: true }, at),
    pan: by => wheel({ deltaY: by, shiftKey: true }, 0.5),

    async seek(share) {
      const status = document.querySelector(".transport [role=status]");
      const before = status.textContent;
      const box = body().getBoundingClientRect();
      const place = { clientX: box.left + share * box.width, clientY: box.top + 10, button: 0, bubbles: true, cancelable: true, pointerType: "mouse", isPrimary: true };
      const target = body().querySelector(".nsewdrag");
      const begin = performance.now();
      target.dispatchEvent(new PointerEvent("pointerdown", place));
      target.dispatchEvent(new PointerEvent("pointerup", place));
      await until(() => status.textContent !== before, "another event");
      await painted();
      return performance.now() - begin;
    },

    async step(key) {
      const status = document.querySelector(".transport [role=status]");
      const before = status.textContent;
      const begin = performance.now();
      document.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
      await until(() => status.textContent !== before, "another event");
      await painted();
      return performance.now() - begin;
    },

    // The frames of so many milliseconds, while somebody else moves the mouse.
    async frames(ms) {
      const gaps = [];
      let last = await new Promise(requestAnimationFrame);
      const end = last + ms;
      let hovers = 0;
      let shown = "";
      while (last < end) {
        const now = await new Promise(requestAnimationFrame);
        gaps.push(now - last);
        last = now;
        const words = document.querySelector(".hoverlayer")?.textContent ?? "";
        hovers += words && words !== shown ? 1 : 0;
        shown = words;
      }
      return { gaps, hovers };
    },
  };
})();
