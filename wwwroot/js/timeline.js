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

// Brings a row of a scrolling table into view, only if it is not.
export function reveal(box, top, height) {
  const head = box.querySelector("thead")?.offsetHeight ?? 0;
  if (top < box.scrollTop || top + height + head > box.scrollTop + box.clientHeight) {
    box.scrollTop = Math.max(0, top - box.clientHeight / 2 + head);
  }
}

// The address follows the view, a moment after it has come to rest; the page's own history state stays.
let pending;
export function replaceAddress(url) {
  clearTimeout(pending);
  pending = setTimeout(() => history.replaceState(history.state, "", url), 200);
}

export async function copyAddress(url) {
  await navigator.clipboard.writeText(new URL(url, document.baseURI).href);
}

export async function saveFile(name, stream) {
  const url = URL.createObjectURL(new Blob([await stream.arrayBuffer()], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
