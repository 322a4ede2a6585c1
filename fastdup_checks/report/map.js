"use strict";
// The dataset on a plane, alike images near each other: drag to move, wheel or pinch to zoom, point to see.

function openMap(given) {
  const canvas = $("#map");
  const context = canvas.getContext("2d");
  const tip = $("#map-tip");
  const bytes = Uint8Array.from(atob(given.positions), c => c.charCodeAt(0));
  const steps = new DataView(bytes.buffer);
  const points = given.images.map((number, i) => ({ image: images[number], number,
    x: steps.getUint16(4 * i, true) / 65535, y: steps.getUint16(4 * i + 2, true) / 65535 }));
  const far = { x: Math.max(...points.map(p => p.x)), y: Math.max(...points.map(p => p.y)) };
  const span = { x: Math.max(far.x, 0.05), y: Math.max(far.y, 0.05) };
  const offence = new Map(); // image number -> its first finding
  for (const finding of findings) {
    for (const number of finding.members) if (!offence.has(number)) offence.set(number, finding);
  }
  const kinds = {
    split: p => p.image.split || "no split",
    class: p => p.image.label || "no class",
    finding: p => offence.get(p.number)?.section.id ?? "no finding",
  };
  const view = { zoom: 1, x: far.x / 2, y: far.y / 2 }; // the middle of the window, in map units
  const thumbnails = new Map();
  let groups = [], only = null, hovered = null, width = 0, height = 0, waiting = false;

  const scale = () => view.zoom * 0.94 * Math.min(width / span.x, height / span.y);
  const place = p => [width / 2 + (p.x - view.x) * scale(), height / 2 - (p.y - view.y) * scale()];

  function colourBy(kind) {
    const of = new Map();
    for (const p of points) {
      const name = kinds[kind](p);
      if (!of.has(name)) of.set(name, []);
      of.get(name).push(p);
    }
    const rest = [...of].filter(([name]) => name.startsWith("no ")).map(([name]) => name);
    groups = [...of].sort((a, b) => rest.includes(a[0]) - rest.includes(b[0]) || b[1].length - a[1].length)
      .map(([name, members], i) => ({ name, members, colour: rest.includes(name) || i > 9 ? "--bar" : `--s${i}` }));
    only = null;
    $("#map-key").replaceChildren(...groups.map(group => {
      const dot = make("i");
      dot.style.background = `var(${group.colour})`;
      const button = make("button", { type: "button", ariaPressed: "false" }, dot, `${group.name} `,
        make("span", { className: "dim" }, group.members.length.toLocaleString("en")));
      button.addEventListener("click", () => {
        only = only === group ? null : group;
        for (const other of $$("button", $("#map-key"))) other.ariaPressed = String(only !== null && other === button);
        draw();
      });
      return button;
    }));
    draw();
  }

  function thumbnail(number) {
    if (!thumbnails.has(number)) {
      const image = new Image();
      image.onload = draw;
      image.src = pictureUrl(number);
      thumbnails.set(number, image);
    }
    return thumbnails.get(number);
  }

  function draw() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; drawNow(); });
  }

  function drawNow() {
    const style = getComputedStyle(canvas);
    const ratio = devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const radius = Math.min(5, Math.min(4, Math.max(1.6, 60 / Math.sqrt(points.length))) * Math.sqrt(view.zoom));
    const near = [];
    // Back to front: what says nothing first, so that findings lie on top.
    for (const group of [...groups].reverse()) {
      context.fillStyle = style.getPropertyValue(group.colour);
      context.globalAlpha = only && only !== group ? 0.12 : 0.85;
      context.beginPath();
      for (const p of group.members) {
        const [x, y] = place(p);
        if (x < -40 || y < -40 || x > width + 40 || y > height + 40) continue;
        context.moveTo(x + radius, y);
        context.arc(x, y, radius, 0, 7);
        if (p.image.picture >= 0 && (!only || only === group)) near.push([p, x, y, group]);
      }
      context.fill();
    }
    context.globalAlpha = 1;
    if (view.zoom > 1.5) drawPictures(near, style);
    if (hovered) ring(...place(hovered), radius + 3, style.getPropertyValue("--text"));
  }

  /** When there is room, the images themselves: each where no other one was drawn before. */
  function drawPictures(near, style) {
    const side = Math.min(96, 30 + 6 * view.zoom);
    const taken = [];
    for (const [p, x, y, group] of near.reverse()) {
      const image = thumbnail(p.image.picture);
      if (!image.complete || !image.naturalWidth) continue;
      const fit = side / Math.max(image.naturalWidth, image.naturalHeight);
      const [w, h] = [image.naturalWidth * fit, image.naturalHeight * fit];
      if (taken.some(o => Math.abs(o.x - x) < (o.w + w) / 2 + 4 && Math.abs(o.y - y) < (o.h + h) / 2 + 4)) continue;
      taken.push({ x, y, w, h });
      context.drawImage(image, x - w / 2, y - h / 2, w, h);
      context.strokeStyle = style.getPropertyValue(group.colour);
      context.lineWidth = 2;
      context.strokeRect(x - w / 2, y - h / 2, w, h);
    }
  }

  function ring(x, y, radius, colour) {
    context.strokeStyle = colour;
    context.lineWidth = 2;
    context.beginPath();
    context.arc(x, y, radius, 0, 7);
    context.stroke();
  }

  function nearest(x, y) {
    let best = null, gap = 18 ** 2;
    for (const group of only ? [only] : groups) {
      for (const p of group.members) {
        const [px, py] = place(p);
        const own = (px - x) ** 2 + (py - y) ** 2;
        if (own < gap) [best, gap] = [p, own];
      }
    }
    return best;
  }

  function point(x, y) {
    const found = nearest(x, y);
    if (found === hovered) return;
    hovered = found;
    tip.hidden = !found;
    canvas.classList.toggle("pointing", Boolean(found && offence.has(found.number)));
    if (found) {
      const { image } = found;
      const about = [image.split, image.label, offence.get(found.number)?.section.id].filter(Boolean).join(" · ");
      showPicture(image.picture);
      const picture = make("span", { className: image.picture >= 0 ? `pic p${image.picture}` : "pic none" });
      tip.replaceChildren(picture, make("b", {}, image.shown), make("small", {}, about));
      const [px, py] = place(found);
      tip.style.left = `${Math.min(width - 176, Math.max(0, px + 14))}px`;
      tip.style.top = `${py + 230 > height ? Math.max(0, py - 226) : py + 12}px`;
    }
    draw();
  }

  function zoomAt(x, y, factor) {
    const zoom = Math.min(60, Math.max(0.8, view.zoom * factor));
    const before = scale();
    const [mapX, mapY] = [view.x + (x - width / 2) / before, view.y - (y - height / 2) / before];
    view.zoom = zoom;
    view.x = mapX - (x - width / 2) / scale();
    view.y = mapY + (y - height / 2) / scale();
    draw();
  }

  function moveBy(x, y) {
    view.x -= x / scale();
    view.y += y / scale();
    draw();
  }

  const pointers = new Map();
  let travelled = 0;
  const at = event => { const box = canvas.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
  canvas.addEventListener("pointerdown", event => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, at(event));
    travelled = 0;
  });
  canvas.addEventListener("pointermove", event => {
    const here = at(event);
    const before = pointers.get(event.pointerId);
    if (!before) return point(...here);
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const gap = p => Math.hypot(p[0] - other[0], p[1] - other[1]) || 1;
      zoomAt(...other, gap(here) / gap(before));
    } else {
      moveBy(here[0] - before[0], here[1] - before[1]);
    }
    travelled += Math.hypot(here[0] - before[0], here[1] - before[1]);
    pointers.set(event.pointerId, here);
  });
  for (const name of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(name, event => {
      pointers.delete(event.pointerId);
      if (name === "pointercancel" || travelled > 6) return;
      const found = nearest(...at(event));
      if (event.pointerType !== "mouse" && found !== hovered) return point(...at(event));
      const finding = found && offence.get(found.number);
      if (finding?.shown) goTo(finding);
    });
  }
  canvas.addEventListener("pointerleave", () => point(-1e6, -1e6));
  canvas.addEventListener("wheel", event => {
    event.preventDefault();
    zoomAt(...at(event), Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.002)));
  }, { passive: false });
  canvas.addEventListener("keydown", event => {
    const moves = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
    const factor = { "+": 1.4, "=": 1.4, "-": 1 / 1.4 }[event.key];
    if (moves[event.key]) moveBy(...moves[event.key]);
    else if (factor) zoomAt(width / 2, height / 2, factor);
    else if (event.key === "Home") reset();
    else return;
    event.preventDefault();
    event.stopPropagation();
    point(width / 2, height / 2);
  });
  function reset() {
    Object.assign(view, { zoom: 1, x: far.x / 2, y: far.y / 2 });
    draw();
  }
  $("#map-in").addEventListener("click", () => zoomAt(width / 2, height / 2, 1.6));
  $("#map-out").addEventListener("click", () => zoomAt(width / 2, height / 2, 1 / 1.6));
  $("#map-reset").addEventListener("click", reset);
  $("#colour-by").addEventListener("change", event => colourBy(event.target.value));
  for (const option of $$("#colour-by option")) {
    option.hidden = option.disabled = new Set(points.map(kinds[option.value])).size < 2;
  }
  const first = $$("#colour-by option").find(option => !option.disabled && option.value !== "split")
    ?? $("#colour-by option:not([disabled])");
  if (first) $("#colour-by").value = first.value;
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  new ResizeObserver(() => { [width, height] = [canvas.clientWidth, canvas.clientHeight]; draw(); }).observe(canvas);
  $("#map-section").hidden = false;
  colourBy(first?.value ?? "class");
}

if (data.map) openMap(data.map);
start();
