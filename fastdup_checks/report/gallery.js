"use strict";
// The findings of the page: which of them are shown, and in which order. The other scripts build on what is named here.

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

const data = JSON.parse($("#data").textContent);
const images = data.images.map(([path, split, label, picture, sha256, shown]) =>
  ({ path, split, label, picture, sha256, shown: shown ?? path })); // shown: the path as people can read it
const BATCH = data.portion; // findings of a section that are there at once; the rest is text until somebody wants it
const sections = data.sections.map(([id, check, labelled], number) => {
  const element = $(`#e${number + 1}`);
  return { id, check, labelled, element, list: $(".findings", element), packed: $$("noscript", element), findings: [],
    shown: [], limit: BATCH };
});
const findings = data.findings.map(([section, kind, members, keep, tiles, suggested, note], number) => {
  const { findings } = sections[section];
  const finding = { number, section: sections[section], rank: findings.length, kind, members, keep, tiles, suggested, note,
    shown: true, ready: false, present: null, get element() { return this.present ?? unpack(this); } };
  findings.push(finding);
  return finding;
});
for (const element of $$(".finding[id]")) findings[element.id.slice(1)].present = element;
const findingOf = element => findings[element?.id.slice(1)];

/** The element of a finding that is not there yet, and those of its portion: markup that was taken for text so far. */
function unpack(finding) {
  const portion = finding.section.packed[Math.floor(finding.rank / BATCH) - 1];
  const box = make("template");
  box.innerHTML = portion.textContent;
  for (const element of $$(".finding", box.content)) findings[element.id.slice(1)].present = document.adoptNode(element);
  portion.remove();
  return finding.present;
}

/** An element with properties; children are elements or text, never markup. */
function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element) element[name] = value; else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

let later = null; // number of a picture -> its rule, as long as that is not in the style sheet
function showPicture(number) {
  later ??= new Map($("#later").textContent.split("\n").slice(1, -1)
    .map(rule => [Number(rule.slice(2, rule.indexOf("{"))), rule]));
  const rule = later.get(number);
  if (!rule) return;
  later.delete(number);
  $("#pictures").sheet.insertRule(rule);
}

const urls = new Map();
/** The data URL of an embedded picture, which is stored in the style sheet and nowhere else. */
function pictureUrl(number) {
  if (!urls.has(number)) {
    showPicture(number);
    const probe = make("i", { className: `p${number}`, hidden: true });
    document.body.append(probe);
    urls.set(number, getComputedStyle(probe).backgroundImage.slice(5, -2));
    probe.remove();
  }
  return urls.get(number);
}

const filters = { search: $("#search"), split: $("#by-split"), label: $("#by-class"), decision: $("#by-decision"),
  order: $("#order") };
let visible = findings; // those that the filter lets through, in the order of the page

function haystack(finding) {
  finding.text ??= [finding.note, finding.suggested, ...finding.members.flatMap(number =>
    [images[number].shown, images[number].split, images[number].label])].join(" ").toLowerCase();
  return finding.text;
}

function matches(finding, words) {
  const own = finding.members.map(number => images[number]);
  const decision = filters.decision.value;
  return words.every(word => haystack(finding).includes(word))
    && (!filters.split.value || own.some(image => image.split === filters.split.value))
    && (!filters.label.value || own.some(image => image.label === filters.label.value))
    && (!decision || (decisionOf(finding)?.decision ?? "none") === decision);
}

const orders = {
  worst: (a, b) => a.number - b.number,
  path: (a, b) => compareText(images[a.members[0]].path, images[b.members[0]].path),
  class: (a, b) => compareText(images[a.members[0]].label, images[b.members[0]].label),
  size: (a, b) => b.members.length - a.members.length,
};
const compareText = (a, b) => a < b ? -1 : a > b ? 1 : 0;

function applyOrder() {
  const by = orders[filters.order.value];
  for (const section of sections) section.findings.sort((a, b) => by(a, b) || a.number - b.number);
  applyFilters();
}

function applyFilters() {
  const words = filters.search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const filtered = Boolean(words.length || filters.split.value || filters.label.value || filters.decision.value);
  document.documentElement.classList.toggle("filtering", filtered);
  for (const section of sections) {
    section.shown = section.findings.filter(finding => finding.shown = matches(finding, words));
    section.element.hidden = filtered && !section.shown.length;
    const link = $(`.nav a[href="#${section.element.id}"]`);
    $("b", link).textContent = (filtered ? section.shown.length : link.dataset.findings) || "";
    link.parentElement.hidden = section.element.hidden;
    fill(section);
  }
  visible = sections.flatMap(section => section.shown);
  const all = `${findings.length} ${findings.length === 1 ? "finding" : "findings"}`;
  $("#shown").textContent = filtered ? `${visible.length} of ${all}` : all;
  $("#clear").hidden = !filtered;
  $("#none").hidden = Boolean(visible.length) || !filtered;
}

/** Put the first findings of a section into the page, and the rest behind buttons. */
function fill(section) {
  if (!section.findings.length) return;
  const wanted = section.shown.slice(0, section.limit);
  for (const finding of wanted) prepare(finding);
  const present = section.list.children;
  if (wanted.length !== present.length || wanted.some((finding, i) => finding.element !== present[i])) {
    section.list.replaceChildren(...wanted.map(finding => finding.element));
  }
  reserve(section.list);
  const left = section.shown.length - wanted.length;
  section.pager ??= makePager(section);
  section.pager.hidden = !left;
  $(".next", section.pager).textContent = `Show ${Math.min(BATCH, left)} more`;
  $(".all", section.pager).textContent = `Show all ${section.shown.length.toLocaleString("en")}`;
  const bulk = $(".bulk option", section.element);
  if (bulk) bulk.textContent = `Decide all ${section.shown.length.toLocaleString("en")}`;
}

/** Let cards that are not drawn yet take the room of the first, so that nothing moves when they are. */
function reserve(list) {
  const card = list.firstElementChild;
  if (!card?.matches("li")) return;
  Object.assign(card.style, { contentVisibility: "visible", alignSelf: "start", boxSizing: "content-box" });
  list.style.setProperty("--tall", getComputedStyle(card).height);
  Object.assign(card.style, { contentVisibility: "", alignSelf: "", boxSizing: "" });
}

function makePager(section) {
  const next = make("button", { type: "button", className: "next" });
  const all = make("button", { type: "button", className: "all" });
  next.addEventListener("click", () => { section.limit += BATCH; fill(section); });
  all.addEventListener("click", () => { section.limit = Infinity; fill(section); });
  const pager = make("p", { className: "pager" }, next, all);
  (section.list.closest(".scroll") ?? section.list).after(pager);
  return pager;
}

/** Make sure that a finding is in the page. */
function reveal(finding) {
  const { section } = finding;
  const at = section.shown.indexOf(finding);
  if (at >= section.limit) {
    section.limit = (Math.floor(at / BATCH) + 1) * BATCH;
    fill(section);
  }
}

function fillChoices(select, values) {
  const known = [...new Set(values)].filter(Boolean).sort(compareText);
  select.append(...known.map(value => make("option", { value }, value)));
  select.hidden = known.length < 2;
}

/** Start with everything in place: called by the last script. */
function start() {
  const members = findings.flatMap(finding => finding.members.map(number => images[number]));
  fillChoices(filters.split, members.map(image => image.split));
  fillChoices(filters.label, members.map(image => image.label));
  let waiting = 0;
  filters.search.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(applyFilters, 80); });
  for (const name of ["split", "label", "decision"]) filters[name].addEventListener("change", applyFilters);
  filters.order.addEventListener("change", applyOrder);
  $("#clear").addEventListener("click", () => {
    for (const name of ["search", "split", "label", "decision"]) filters[name].value = "";
    applyFilters();
    filters.search.focus();
  });
  $("#bar").addEventListener("submit", event => event.preventDefault());
  $("option[value=relabel]", filters.decision).hidden = !findings.some(finding => finding.suggested);
  document.documentElement.classList.add("live");
  $("#bar").hidden = !findings.length;
  applyFilters();
  followScroll();
}

/** Mark the section under the eyes in the list of sections. */
function followScroll() {
  const seen = new Set();
  const watch = new IntersectionObserver(entries => {
    for (const { target, isIntersecting } of entries) if (isIntersecting) seen.add(target); else seen.delete(target);
    const first = sections.find(section => seen.has(section.element));
    for (const link of $$(".nav a")) {
      if (link.hash === `#${first?.element.id}`) link.ariaCurrent = "true"; else link.removeAttribute("aria-current");
    }
  }, { rootMargin: "-20% 0px -70% 0px" });
  for (const section of sections) watch.observe(section.element);
}
