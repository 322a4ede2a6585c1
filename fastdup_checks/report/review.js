"use strict";
// Decisions on findings: made with mouse or keyboard, kept in the browser.

const STORE = `fastdup-checks/${data.dataset}`;
let decisions = {}; // by the content of the finding: {decision, keep, reason}
try { decisions = JSON.parse(localStorage.getItem(STORE)) ?? {}; } catch { /* no storage: decisions last as long as the page */ }
let current = null;
let history = [];

/** Names a finding by its check and by what is in its images, so that a decision survives the next run. */
function keyOf(finding) {
  finding.key ??= [finding.section.check, ...finding.members.map(number => images[number].sha256 || images[number].path)
    .sort()].join(" ");
  return finding.key;
}

const byKey = new Map();
for (const finding of findings) byKey.set(keyOf(finding), [...byKey.get(keyOf(finding)) ?? [], finding]);

const decisionOf = finding => decisions[keyOf(finding)];

/** The member that stays when the others are dropped; -1 when all go. */
const keptOf = finding => finding.kind === "set" ? decisionOf(finding)?.keep ?? finding.keep ?? finding.members[0] : -1;

const droppedOf = finding => decisionOf(finding)?.decision === "drop"
  ? finding.members.filter(number => number !== keptOf(finding)) : [];

function remember() {
  try { localStorage.setItem(STORE, JSON.stringify(decisions)); } catch { /* the page is still right */ }
  const decided = findings.filter(decisionOf).length;
  $("#decided").textContent = `${decided} of ${findings.length} decided`;
  $("#progress").value = decided;
  $("#progress").max = findings.length;
}

function set(finding, decision) {
  history.push([finding, decisionOf(finding)]);
  if (decision) decisions[keyOf(finding)] = decision; else delete decisions[keyOf(finding)];
  // One picture can be in several findings of one check, and equal findings share a decision.
  for (const other of byKey.get(keyOf(finding))) if (other.ready) paint(other);
}

/** Decide; deciding the same again takes the decision back. */
function decide(finding, decision, keep) {
  const before = decisionOf(finding);
  const same = before?.decision === decision && keep === undefined;
  set(finding, same ? null : { ...before, decision, ...keep === undefined ? {} : { keep } });
  remember();
}

/** Give a finding its buttons. */
function prepare(finding) {
  if (finding.ready) return;
  finding.ready = true;
  for (const number of finding.tiles) showPicture(images[number].picture);
  finding.element.tabIndex = -1;
  $(".act", finding.element).append($("#act").content.cloneNode(true));
  $(".reason", finding.element).addEventListener("change", event => {
    const given = decisionOf(finding);
    if (given) set(finding, { ...given, reason: event.target.value.trim() });
    remember();
  });
  $$(".tile .pic:not(.none)", finding.element).forEach((picture, index) => {
    const button = make("button", { type: "button", className: "look", ariaLabel: `Look at ${picture.ariaLabel}` });
    button.dataset.index = index;
    picture.after(button);
  });
  paint(finding);
}

function paint(finding) {
  const given = decisionOf(finding);
  finding.element.dataset.decision = given?.decision ?? "";
  $("[data-do=relabel]", finding.element).hidden = !finding.suggested;
  for (const button of $$(".act button", finding.element)) {
    button.ariaPressed = String(button.dataset.do === given?.decision);
  }
  const reason = $(".reason", finding.element);
  reason.hidden = given?.decision !== "accept";
  reason.value = given?.reason ?? "";
  const dropped = new Set(droppedOf(finding));
  $$(".tile", finding.element).forEach((tile, index) => {
    const number = finding.tiles[index];
    tile.classList.toggle("dropped", dropped.has(number));
    tile.classList.toggle("kept", Boolean(dropped.size) && number === keptOf(finding));
  });
}

function goTo(finding) {
  if (!finding) return;
  current?.element.classList.remove("current");
  current = finding;
  reveal(finding);
  finding.element.classList.add("current");
  finding.element.focus({ preventScroll: true });
  finding.element.scrollIntoView({ block: "center", behavior: "instant" });
}

/** The finding so many places on; from the one under the eyes where none was chosen yet. */
function step(by) {
  const at = visible.indexOf(current);
  const from = at >= 0 ? at + by
    : visible.findIndex(finding => finding.present?.isConnected && finding.element.getBoundingClientRect().bottom > 80);
  const next = visible[Math.min(visible.length - 1, Math.max(0, from))];
  goTo(next);
  if (compare.dialog.open && next) openCompare(next);
}

/** Decide on the current finding and go on to the next. */
function judge(decision, keep) {
  if (!current?.shown) return step(0);
  if (decision === "relabel" && !current.suggested) return;
  const judged = current;
  const next = visible[visible.indexOf(judged) + 1];
  decide(judged, decision, keep);
  if (!decisionOf(judged)) return;
  if (filters.decision.value) applyFilters();
  if (next) goTo(next);
  if (compare.dialog.open) openCompare(next ?? judged);
}

function takeBack() {
  const last = history.pop();
  if (!last) return;
  const [finding, before] = last;
  set(finding, before);
  history.pop();
  remember();
  applyFilters();
  goTo(finding);
}

const KEYS = {
  k: () => judge("keep"), d: () => judge("drop"), a: () => judge("accept"), l: () => judge("relabel"), u: takeBack,
  n: () => step(1), p: () => step(-1), ArrowRight: () => step(1), ArrowLeft: () => step(-1),
  v: () => current && (compare.dialog.open ? compare.dialog.close() : openCompare(current)),
  r: () => current && !compare.dialog.open && $(".reason:not([hidden])", current.element)?.focus(),
  "/": () => filters.search.focus(), e: () => openExport(), "?": () => $("#help").showModal(),
};
const MODES = { s: "swipe", f: "difference", b: "side" };

document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || !findings.length) return;
  const typing = event.target.closest?.("input:not([type=radio], [type=checkbox], [type=range]), select, textarea");
  if (typing) {
    if (event.key === "Escape" || (event.key === "Enter" && typing.classList.contains("reason"))) {
      typing.blur();
      if (typing.classList.contains("reason")) goTo(current);
    }
    return;
  }
  if (event.target.closest?.("#map, [type=range], [type=radio]") && event.key.startsWith("Arrow")) return;
  const open = $("dialog[open]");
  if (open && open !== compare.dialog) return;
  if (open && MODES[event.key]) {
    const mode = $(`input[value=${MODES[event.key]}]`, open);
    mode.focus();
    mode.click();
  } else if (/^[0-9]$/.test(event.key) && current?.kind === "set") {
    const tile = current.tiles[event.key - 1];
    if (event.key === "0") judge("drop", -1); else if (current.members.includes(tile)) judge("drop", tile);
  } else if (KEYS[event.key] && !(open && "/e?".includes(event.key))) {
    KEYS[event.key]();
  } else {
    return;
  }
  event.preventDefault();
});

document.addEventListener("click", event => {
  const finding = findingOf(event.target.closest?.(".finding"));
  if (!finding) return;
  if (event.target.closest("button, input")) {
    current?.element.classList.remove("current");
    current = finding;
    finding.element.classList.add("current");
  }
  if (event.target.matches(".act button")) decide(finding, event.target.dataset.do);
  if (event.target.matches(".look")) openCompare(finding, Number(event.target.dataset.index));
});

for (const section of sections.filter(section => section.findings.length > 1)) {
  const bulk = $("#bulk").content.cloneNode(true);
  if (!section.findings.some(finding => finding.suggested)) $("[value=relabel]", bulk).remove();
  $("select", bulk).addEventListener("change", event => {
    const { value } = event.target;
    event.target.value = "";
    for (const finding of section.findings) {
      if (!finding.shown || (value !== "clear" && decisionOf(finding))) continue;
      if (value === "relabel" && !finding.suggested) continue;
      set(finding, value === "clear" ? null : { decision: value });
    }
    remember();
    applyFilters();
  });
  $("header", section.element).append(bulk);
}

for (const button of $$("[data-close]")) button.addEventListener("click", () => button.closest("dialog").close());
filters.decision.addEventListener("change", () => { current = visible.includes(current) ? current : null; });
$("#keys").addEventListener("click", () => $("#help").showModal());
remember();
