// A picture of the lanes as they are shown: the chart's own SVG, and beside it what the page draws in HTML, at the same places.

const svgNs = "http://www.w3.org/2000/svg";
const margin = 12;

export async function save(root, kind, name, title) {
  const picture = compose(root, title);
  const text = new XMLSerializer().serializeToString(picture);
  const svg = new Blob([`<?xml version="1.0" encoding="UTF-8"?>\n${text}`], { type: "image/svg+xml" });
  keep(kind === "png" ? await toPng(svg, picture) : svg, `${name}.${kind === "png" ? "png" : "svg"}`);
}

function compose(root, title) {
  const body = root.querySelector(".lane-body");
  const box = root.getBoundingClientRect();
  const style = getComputedStyle(root);
  const colour = name => style.getPropertyValue(name).trim();
  const top = title ? 34 : margin;
  const width = Math.ceil(box.width) + 2 * margin;
  const height = Math.ceil(box.height) + top + margin;
  const picture = make("svg", { width, height, viewBox: `0 0 ${width} ${height}`, "font-family": "system-ui, 'DejaVu Sans', sans-serif", "font-size": 12 });
  picture.append(make("rect", { width, height, fill: colour("--panel") }));
  if (title) {
    picture.append(words(title, margin, 21, { fill: colour("--ink"), "font-weight": 650, "font-size": 14 }));
  }
  const at = element => {
    const r = element.getBoundingClientRect();
    return { x: r.left - box.left + margin, y: r.top - box.top + top, width: r.width, height: r.height };
  };
  const ground = at(body);
  const clip = make("clipPath", { id: "lanes" });
  clip.append(make("rect", ground));
  picture.append(clip);

  for (const lane of root.querySelectorAll(".lane-ground")) {
    const r = at(lane);
    if (lane.classList.contains("selected")) {
      picture.append(make("rect", { ...r, fill: colour("--selection") }));
    }
    if (lane.classList.contains("first")) {
      picture.append(make("line", { x1: r.x, x2: r.x + r.width, y1: r.y, y2: r.y, stroke: colour("--line") }));
    }
  }
  for (const head of root.querySelectorAll(".lane-head")) {
    const r = at(head);
    const parts = [...head.querySelectorAll("span:not(.pin), small")];
    const line = words("", r.x + (head.classList.contains("child") ? 24 : 4), r.y + r.height / 2 + 4, { fill: colour("--ink") });
    for (const part of parts) {
      const small = part.localName === "small";
      const span = make("tspan", { fill: colour(small || head.classList.contains("child") ? "--muted" : "--ink"), "font-weight": small || head.classList.contains("child") ? 400 : 600, "font-size": small ? 10 : 12 });
      // What has no room in its head has none here.
      const room = Math.max(8, Math.floor((ground.x - r.x - 20) / 6.4) - (line.textContent.length + 1));
      const text = part.textContent.trim();
      span.textContent = (line.textContent ? "  " : "") + (text.length > room ? text.slice(0, room - 1) + "…" : text);
      line.append(span);
    }
    picture.append(line);
  }

  const inside = make("g", { "clip-path": "url(#lanes)" });
  for (const layer of root.querySelectorAll(".js-plotly-plot .main-svg")) {
    const copy = layer.cloneNode(true);
    // The chart's own style sheet stays behind: what it hides is taken out.
    copy.querySelectorAll(".draglayer, .hoverlayer, .zoomlayer, .modebar").forEach(e => e.remove());
    const r = at(layer);
    set(copy, { x: r.x, y: r.y, width: r.width, height: r.height, overflow: "hidden" });
    copy.removeAttribute("style");
    inside.append(copy);
  }
  picture.append(inside);

  for (const note of root.querySelectorAll(".callout, .scale")) {
    const r = at(note);
    if (r.x + r.width > ground.x) {
      picture.append(words(note.textContent, r.x + 3, r.y + r.height / 2 + 4, {
        fill: colour(note.classList.contains("callout") ? "--dead-text" : "--muted"), "font-weight": note.classList.contains("callout") ? 650 : 400, "font-size": note.classList.contains("callout") ? 12 : 10
      }));
    }
  }
  for (const line of root.querySelectorAll(".cursor, .marker")) {
    const r = at(line);
    if (r.x < ground.x - 1 || r.x > ground.x + ground.width + 1) {
      continue;
    }
    const marker = line.classList.contains("marker");
    const fill = colour(marker ? "--msi" : "--ink");
    picture.append(make("line", { x1: r.x + 1, x2: r.x + 1, y1: ground.y, y2: ground.y + ground.height, stroke: fill, "stroke-width": 2, ...(marker ? { "stroke-dasharray": "5 3" } : {}) }));
    const label = line.firstElementChild;
    if (label?.textContent) {
      const l = at(label);
      picture.append(make("rect", { ...l, rx: 4, fill }), words(label.textContent, l.x + 5, l.y + l.height / 2 + 4, { fill: colour(marker ? "--on-msi" : "--bg"), "font-size": 11, "font-family": "ui-monospace, 'DejaVu Sans Mono', monospace" }));
    }
  }
  for (const kept of root.querySelectorAll(".bookmark")) {
    const r = at(kept);
    const x = r.x + 0.5;
    const y = ground.y + 36;
    const before = kept.classList.contains("before");
    picture.append(
      make("line", { x1: x, x2: x, y1: ground.y, y2: ground.y + ground.height, stroke: colour("--selection-text"), "stroke-dasharray": "1 3" }),
      words(before ? `${kept.lastElementChild.textContent} ★` : `★ ${kept.lastElementChild.textContent}`, before ? x - 4 : x + 4, y, { fill: colour("--selection-text"), "font-size": 11, "text-anchor": before ? "end" : "start" }));
  }
  picture.append(make("rect", { ...ground, fill: "none", stroke: colour("--line") }));
  const ticks = at(root.querySelector(".lane-ticks"));
  for (const tick of root.querySelectorAll(".lane-ticks span")) {
    const r = at(tick);
    if (r.width > 0 && r.x >= ticks.x - 1 && r.x < ticks.x + ticks.width - 20) {
      picture.append(words(tick.textContent, r.x + 4, r.y + 12, { fill: colour("--muted"), "font-size": 11, "font-family": "ui-monospace, 'DejaVu Sans Mono', monospace" }));
    }
  }
  return picture;
}

async function toPng(svg, picture) {
  const url = URL.createObjectURL(svg);
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement("canvas");
    // Twice as fine as the screen, as far as a canvas may be large.
    const scale = Math.min(2, 8000 / Math.max(picture.width.baseVal.value, picture.height.baseVal.value));
    canvas.width = Math.round(picture.width.baseVal.value * scale);
    canvas.height = Math.round(picture.height.baseVal.value * scale);
    const context = canvas.getContext("2d");
    context.scale(scale, scale);
    context.drawImage(image, 0, 0);
    return await new Promise(done => canvas.toBlob(done, "image/png"));
  } finally {
    URL.revokeObjectURL(url);
  }
}

function keep(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, value);
  }
  return element;
}

function make(name, attributes) {
  return set(document.createElementNS(svgNs, name), attributes);
}

function words(text, x, y, attributes) {
  const element = make("text", { x, y, ...attributes });
  element.textContent = text;
  return element;
}
