// A click anywhere in the lanes seeks; Plotly itself only reports clicks on what it has drawn. A drag is Plotly's (it zooms).

export function attach(element, page) {
  let down = null;
  const press = e => {
    down = e.button === 0 ? { x: e.clientX, y: e.clientY } : null;
  };
  const release = e => {
    if (!down || Math.abs(e.clientX - down.x) > 4 || Math.abs(e.clientY - down.y) > 4) {
      down = null;
      return;
    }
    down = null;
    const box = element.getBoundingClientRect();
    const x = (e.clientX - box.left) / box.width;
    const y = (e.clientY - box.top) / box.height;
    if (x >= 0 && x <= 1 && y >= 0 && y <= 1) {
      page.invokeMethodAsync("ClickedAt", x, y);
    }
  };
  // Captured: Plotly stops these on its way.
  element.addEventListener("pointerdown", press, true);
  document.addEventListener("pointerup", release, true);
  return {
    detach() {
      element.removeEventListener("pointerdown", press, true);
      document.removeEventListener("pointerup", release, true);
    }
  };
}
