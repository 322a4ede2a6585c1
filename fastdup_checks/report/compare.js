"use strict";
// Two pictures of a finding, large: side by side, one swiped over the other, or their difference.

const compare = { dialog: $("#compare"), finding: null, pair: [0, 1], one: $("#one"), two: $("#two"), turn: 0 };

// The eight ways to turn and mirror a picture: quarter turns, and the same after a mirror.
const TURNS = ["", "turned 90°", "turned 180°", "turned 270°", "mirrored", "mirrored, turned 90°", "upside down",
  "mirrored, turned 270°"];

async function load(number) {
  const image = new Image();
  image.src = pictureUrl(number);
  await image.decode();
  return image;
}

/** Draw an image into a canvas, turned; width and height are those of the result, by default the image's own. */
function drawTurned(canvas, image, turn, width, height) {
  const quarter = turn % 2 === 1;
  canvas.width = width ?? (quarter ? image.height : image.width);
  canvas.height = height ?? (quarter ? image.width : image.height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.translate(canvas.width / 2, canvas.height / 2);
  context.rotate((turn % 4) * Math.PI / 2);
  if (turn >= 4) context.scale(-1, 1);
  const [w, h] = quarter ? [canvas.height, canvas.width] : [canvas.width, canvas.height];
  context.drawImage(image, -w / 2, -h / 2, w, h);
  return context;
}

const pixels = (image, turn, width, height) =>
  drawTurned(document.createElement("canvas"), image, turn, width, height).getImageData(0, 0, width, height).data;

/** Mean absolute difference of two pixel arrays over red, green and blue, in 0..255. */
function difference(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i += 4) {
    sum += Math.abs(a[i] - b[i]) + Math.abs(a[i + 1] - b[i + 1]) + Math.abs(a[i + 2] - b[i + 2]);
  }
  return sum / (a.length / 4 * 3);
}

/** The turn of b that is most like a; none unless it is clearly better than b as it is. */
function bestTurn(a, b) {
  const still = pixels(a, 0, 32, 32);
  const gaps = TURNS.map((_, turn) => difference(still, pixels(b, turn, 32, 32)));
  const best = gaps.indexOf(Math.min(...gaps));
  return gaps[best] < 0.6 * gaps[0] ? best : 0;
}

function pictured(finding) {
  return finding.tiles.filter(number => images[number].picture >= 0);
}

async function showPair() {
  const { finding, pair } = compare;
  const all = pictured(finding);
  const chosen = pair.filter(index => index < all.length).map(index => images[all[index]]);
  const [a, b] = await Promise.all(chosen.map(image => load(image.picture)));
  if (compare.finding !== finding) return;
  compare.dialog.classList.toggle("alone", !b);
  $("#compare-title").textContent = $(".note, .guess", finding.element)?.textContent ?? finding.section.id;
  drawTurned(compare.one, a, 0);
  let said = "";
  if (b) {
    compare.turn = bestTurn(a, b);
    const turn = $("#align").checked ? compare.turn : 0;
    drawTurned(compare.two, b, turn);
    const gap = difference(pixels(a, 0, a.width, a.height), pixels(b, turn, a.width, a.height));
    said = `mean difference ${gap.toFixed(1)} of 255` + (turn ? `, right one ${TURNS[turn]} to match` : "");
    $("#align").parentElement.hidden = !compare.turn;
  }
  $("#gap").textContent = said;
  const box = $("#stage");
  box.style.setProperty("--ratio", a.width / a.height);
  compare.one.setAttribute("aria-label", chosen[0].shown);
  compare.two.setAttribute("aria-label", b ? chosen[1].shown : "");
  $("#names").replaceChildren(...chosen.map(image => make("p", {}, ...caption(image))));
  $("#strip").hidden = all.length < 3;
  $("#strip").replaceChildren(...all.length < 3 ? [] : all.map((number, index) => {
    const button = make("button", { type: "button", className: `pic p${images[number].picture}`,
      ariaLabel: images[number].shown, ariaPressed: String(pair.includes(index)) });
    button.addEventListener("click", () => { compare.pair = index === pair[0] ? pair : [pair[0], index]; showPair(); });
    return button;
  }));
  showDecision();
}

/** The buttons of the finding, once more. */
function showDecision() {
  const { finding } = compare;
  const buttons = $(".choices", finding.element).cloneNode(true);
  for (const button of $$("button", buttons)) {
    button.addEventListener("click", () => { decide(finding, button.dataset.do); showDecision(); });
  }
  $("#compare-act").replaceChildren(buttons);
}

function caption(image) {
  const about = [image.split, image.label].filter(Boolean).join(" · ");
  const parts = [make("b", {}, image.shown), make("span", { className: "dim" }, about)];
  if (data.originals) {
    const href = data.originals + [...bytesOf(image.path)].map(byte =>
      /[\w.~/-]/.test(String.fromCharCode(byte)) ? String.fromCharCode(byte)
        : `%${byte.toString(16).padStart(2, "0")}`).join("");
    parts.push(make("a", { href, target: "_blank", rel: "noopener noreferrer" }, "open the file"));
  }
  return parts;
}

function openCompare(finding, index = 0) {
  const all = pictured(finding);
  if (!all.length) return;
  compare.finding = finding;
  if (current !== finding) goTo(finding);
  compare.pair = index ? [0, index] : [0, 1];
  showPair();
  if (!compare.dialog.open) compare.dialog.showModal();
}

/** Path names as the bytes they are on the disk. */
function bytesOf(text) {
  const encoder = new TextEncoder();
  const bytes = [];
  for (const c of text) {
    const code = c.charCodeAt(0);
    if (c.length === 1 && code >= 0xdc80 && code <= 0xdcff) bytes.push(code - 0xdc00);
    else bytes.push(...encoder.encode(c));
  }
  return new Uint8Array(bytes);
}

function swipeTo(share) {
  $("#swipe").value = share;
  $("#stage").style.setProperty("--swipe", `${share}%`);
}

$("#swipe").addEventListener("input", event => swipeTo(event.target.value));
$("#stage").addEventListener("pointermove", event => {
  if (compare.dialog.dataset.mode !== "swipe") return;
  const box = $("#one").getBoundingClientRect();
  swipeTo(Math.round(Math.min(100, Math.max(0, 100 * (event.clientX - box.left) / box.width))));
});
$("#previous").addEventListener("click", () => step(-1));
$("#next").addEventListener("click", () => step(1));
$("#align").addEventListener("change", showPair);
for (const radio of $$("input[name=mode]")) {
  radio.addEventListener("change", () => { compare.dialog.dataset.mode = radio.value; });
}
compare.dialog.addEventListener("close", () => { goTo(compare.finding); compare.finding = null; });
compare.dialog.addEventListener("click", event => { if (event.target === compare.dialog) compare.dialog.close(); });
