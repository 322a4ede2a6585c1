"use strict";
// Decisions as files: a baseline of what is accepted, a list of what goes, a table of labels to change.

/** A string that YAML reads back as it is; escapes that JSON has and YAML has not do not occur. */
const quoted = text => JSON.stringify(text).replace(/[\u007f-\u009f\u2028\u2029\ufeff\ud800-\udfff]/gu, c =>
  `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** Accepted findings, one line each so that branches merge as text, in an order that does not depend on the run. */
function baseline(author, reason) {
  const entries = new Map();
  for (const finding of findings) {
    const given = decisionOf(finding);
    if (given?.decision !== "accept") continue;
    const members = finding.members.map(number => images[number]).filter(image => image.sha256)
      .sort((a, b) => compareText(a.sha256, b.sha256));
    if (members.length < finding.members.length) continue; // a file without content cannot be known again
    const label = image => finding.section.labelled && image.label ? `, label: ${quoted(image.label)}` : "";
    const pictures = members.map(image => `{sha256: ${image.sha256}, path: ${quoted(image.shown)}${label(image)}}`);
    entries.set([keyOf(finding), ...members.map(image => image.shown)].join("\n"), `  - {check: ${finding.section.check}, images: [${pictures.join(", ")}], ` +
      `reason: ${quoted(given.reason || reason)}, author: ${quoted(author)}}\n`);
  }
  const sorted = [...entries].sort((a, b) => compareText(a[0], b[0])).map(([, entry]) => entry);
  return sorted.length ? `version: 1\naccepted:\n${sorted.join("")}` : "version: 1\naccepted: []\n";
}

/** A baseline says who accepts and why. */
function saveBaseline() {
  const author = $("#author");
  const why = $("#why");
  author.required = true;
  why.required = findings.some(finding => decisionOf(finding)?.decision === "accept" && !decisionOf(finding).reason);
  for (const field of [author, why]) field.value = field.value.trim();
  if (author.reportValidity() && why.reportValidity()) {
    save("fastdup-baseline.yml", baseline(author.value, why.value));
  }
}

/** Paths to remove, one a line, as bytes; names that would break a line are quoted as git quotes them. */
function removals() {
  const paths = [...new Set(findings.flatMap(droppedOf))].map(number => images[number].path).sort(compareText);
  const lines = paths.map(path => /[\x00-\x1f"\\\x7f]/.test(path)
    ? `"${path.replace(/["\\]/g, "\\$&").replace(/[\x00-\x1f\x7f]/g, c =>
      `\\${c.charCodeAt(0).toString(8).padStart(3, "0")}`)}"` : path);
  return lines.map(line => `${line}\n`).join("");
}

/** Images whose suggested class is right, as CSV (RFC 4180). */
function relabels() {
  const cell = text => /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  const rows = findings.filter(finding => decisionOf(finding)?.decision === "relabel" && finding.suggested)
    .map(finding => [images[finding.members[0]].path, images[finding.members[0]].label, finding.suggested])
    .sort((a, b) => compareText(a[0], b[0]));
  return [["path", "label", "suggested"], ...rows].map(row => `${row.map(cell).join(",")}\n`).join("");
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
  const relabelled = findings.filter(finding => decisionOf(finding)?.decision === "relabel").length;
  $("#relabel-count").textContent = `${relabelled} ${relabelled === 1 ? "label" : "labels"} to change`;
  $("#relabel-count").parentElement.hidden = !findings.some(finding => finding.suggested);
  $("#save-labels").disabled = !relabelled;
  $("#torn").hidden = !both.length;
  $("#torn").textContent = `Kept in one finding and dropped in another, so on the list: ${both.slice(0, 5)
    .map(number => images[number].shown).join(", ")}${both.length > 5 ? ` and ${both.length - 5} more` : ""}.`;
  $("#save-baseline").disabled = !accepted.length;
  $("#save-removals").disabled = !dropped.size;
  $("#export-dialog").showModal();
}

$("#export").addEventListener("click", openExport);
$("#save-baseline").addEventListener("click", saveBaseline);
$("#save-removals").addEventListener("click", () => save("fastdup-remove.txt", bytesOf(removals())));
$("#save-labels").addEventListener("click", () => save("fastdup-relabel.csv", bytesOf(relabels())));
