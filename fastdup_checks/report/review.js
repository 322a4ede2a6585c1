"use strict";
// Decisions on findings: made with mouse or keyboard, kept in the browser, exported as files.

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
    : visible.findIndex(finding => finding.element.isConnected && finding.element.getBoundingClientRect().bottom > 80);
  const next = visible[Math.min(visible.length - 1, Math.max(0, from))];
  goTo(next);
  if (compare.dialog.open && next) openCompare(next);
}

/** Decide on the current finding and go on to the next. */
function judge(decision, keep) {
  if (!current?.shown) return step(0);
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

// -- export

/** A string that YAML reads back as it is; escapes that JSON has and YAML has not do not occur. */
const quoted = text => JSON.stringify(text).replace(/[\u007f-\u009f\u2028\u2029\ufeff\ud800-\udfff]/gu, c =>
  `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** Accepted findings, one entry each, in an order that does not depend on the run. */
function baseline(author, reason) {
  const entries = new Map();
  for (const finding of findings) {
    const given = decisionOf(finding);
    if (given?.decision !== "accept") continue;
    const members = finding.members.map(number => images[number]).filter(image => image.sha256)
      .sort((a, b) => compareText(a.sha256, b.sha256));
    if (!members.length) continue;
    entries.set(keyOf(finding), [
      `  - check: ${quoted(finding.section.check)}`,
      "    images:",
      ...members.map(image => `      - {sha256: ${image.sha256}, path: ${quoted(image.shown)}}`),
      `    reason: ${quoted(given.reason || reason)}`,
      `    author: ${quoted(author)}`,
    ].join("\n"));
  }
  const sorted = [...entries].sort((a, b) => compareText(a[0], b[0])).map(([, entry]) => `${entry}\n`);
  return sorted.length ? `version: 1\naccepted:\n${sorted.join("")}` : "version: 1\naccepted: []\n";
}

/** Paths to remove, one a line, as bytes; names that would break a line are quoted as git quotes them. */
function removals() {
  const paths = [...new Set(findings.flatMap(droppedOf))].map(number => images[number].path).sort(compareText);
  const lines = paths.map(path => /[\x00-\x1f"\\\x7f]/.test(path)
    ? `"${path.replace(/["\\]/g, "\\$&").replace(/[\x00-\x1f\x7f]/g, c =>
      `\\${c.charCodeAt(0).toString(8).padStart(3, "0")}`)}"` : path);
  return lines.map(line => `${line}\n`).join("");
}

function save(name, content) {
  const url = URL.createObjectURL(new Blob([content], { type: "application/octet-stream" }));
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

function openExport() {
  const accepted = findings.filter(finding => decisionOf(finding)?.decision === "accept");
  const dropped = new Set(findings.flatMap(droppedOf));
  const kept = new Set(findings.filter(decisionOf).flatMap(finding =>
    finding.members.filter(number => !droppedOf(finding).includes(number))));
  const both = [...dropped].filter(number => kept.has(number));
  $("#accepted-count").textContent = `${accepted.length} accepted ${accepted.length === 1 ? "finding" : "findings"}`;
  $("#removed-count").textContent = `${dropped.size} ${dropped.size === 1 ? "file" : "files"} to remove`;
  $("#torn").hidden = !both.length;
  $("#torn").textContent = `Kept in one finding and dropped in another, so on the list: ${both.slice(0, 5)
    .map(number => images[number].shown).join(", ")}${both.length > 5 ? ` and ${both.length - 5} more` : ""}.`;
  $("#save-baseline").disabled = !accepted.length;
  $("#save-removals").disabled = !dropped.size;
  $("#export-dialog").showModal();
}

// -- events

const KEYS = {
  k: () => judge("keep"), d: () => judge("drop"), a: () => judge("accept"), u: takeBack,
  n: () => step(1), p: () => step(-1), ArrowRight: () => step(1), ArrowLeft: () => step(-1),
  v: () => current && (compare.dialog.open ? compare.dialog.close() : openCompare(current)),
  r: () => current && !compare.dialog.open && $(".reason:not([hidden])", current.element)?.focus(),
  "/": () => filters.search.focus(), e: openExport, "?": () => $("#help").showModal(),
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
  const finding = findingOf.get(event.target.closest?.(".finding"));
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
  $("select", bulk).addEventListener("change", event => {
    const { value } = event.target;
    event.target.value = "";
    for (const finding of section.findings) {
      if (!finding.shown || (value !== "clear" && decisionOf(finding))) continue;
      set(finding, value === "clear" ? null : { decision: value });
    }
    remember();
    applyFilters();
  });
  $("header", section.element).append(bulk);
}

for (const button of $$("[data-close]")) button.addEventListener("click", () => button.closest("dialog").close());
filters.decision.addEventListener("change", () => { current = visible.includes(current) ? current : null; });
$("#export").addEventListener("click", openExport);
$("#keys").addEventListener("click", () => $("#help").showModal());
$("#save-baseline").addEventListener("click", () =>
  save("fastdup-baseline.yml", baseline($("#author").value.trim(), $("#why").value.trim())));
$("#save-removals").addEventListener("click", () => save("fastdup-remove.txt", bytesOf(removals())));

remember();
