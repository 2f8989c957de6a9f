"use strict";
// Text from the data reaches the page through textContent and value alone, never as markup.
const byId = (id) => document.getElementById(id);
const facts = JSON.parse(byId("facts").textContent);
const data = JSON.parse(byId("data").textContent);
const FILLED = ["decision", "new_label", "note"];
const PICTURE = /^data:image\/[a-z+.-]+[;,]/i;
const column = Object.fromEntries(facts.names.map((name, place) => [name, place]));
const cell = (row, name) => (name in column ? data[row][column[name]] : "");
const blank = (text) => !text.trim();

let warning = "";
let answers = load();
let past = [];
let shown = [];
let at = 0;
let asking = false;
let descending = false;

function load() {
  const found = new Map();
  data.forEach((cells, row) => {
    const answer = FILLED.map((name) => cell(row, name));
    if (facts.fillable && answer.some((text) => text !== "")) found.set(row, answer);
  });
  let kept = {};
  try { kept = JSON.parse(localStorage.getItem(facts.key) || "{}"); } catch (error) { warn(); }
  for (const [row, answer] of Object.entries(kept)) found.set(Number(row), answer);
  return found;
}

function keep(row) {
  try { // read again: another tab may have the same queue open
    const kept = JSON.parse(localStorage.getItem(facts.key) || "{}");
    kept[row] = answer(row);
    localStorage.setItem(facts.key, JSON.stringify(kept));
  } catch (error) { warn(); }
}

function warn() {
  warning = "This browser cannot keep decisions: save them before you close the page.";
  say("");
  window.onbeforeunload = (event) => event.preventDefault();
}

function answer(row) { return answers.get(row) || ["", "", ""]; }
function decided(row) { return !(blank(answer(row)[0]) && blank(answer(row)[1])); }
function say(text) { byId("said").textContent = text || warning; }
function collate(values) { return [...new Set(values)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)); }

function word(row) {
  const [decision, label] = answer(row);
  return blank(decision) && !blank(label) ? "relabel" : decision.trim().toLowerCase();
}

function suggestion(row) {
  const label = cell(row, "suggested_label");
  return label !== cell(row, "given_label") && !blank(label) ? label : "";
}

function set(row, filled) {
  answers.set(row, filled);
  keep(row);
}

function decide(decision, label) {
  const row = shown[at];
  if (row === undefined || !facts.fillable) return;
  past.push([row, answer(row)]);
  set(row, [decision, label || "", answer(row)[2]]);
  asking = false;
  say("");
  if (at < shown.length - 1) at += 1;
  else say("That was the last row of this list.");
  draw();
}

function accept() {
  if (shown[at] === undefined) return;
  const label = suggestion(shown[at]);
  if (label) decide("relabel", label);
  else say("No other label is suggested: press r to name one.");
}

function undo() {
  const last = past.pop();
  if (!last) return say("Nothing to undo.");
  const [row, before] = last;
  set(row, before);
  if (shown.includes(row)) at = shown.indexOf(row);
  say(`Undone: ${cell(row, "id")}`);
  draw();
}

function ask() {
  asking = facts.fillable;
  drawDetail();
  const input = byId("other");
  if (input) input.focus();
}

function go(step) {
  at = Math.max(0, Math.min(shown.length - 1, at + step));
  asking = false;
  say("");
  draw();
}

// Which rows, in what order.

function refresh() {
  const here = shown[at];
  const text = byId("search").value.toLowerCase();
  const [label, detector, state] = ["class", "detector", "state"].map((id) => JSON.parse(byId(id).value));
  shown = data.map((cells, row) => row).filter((row) =>
    (label === null || cell(row, "given_label") === label || cell(row, "suggested_label") === label)
    && (detector === null || cell(row, "detectors").split(",").includes(detector))
    && (state === null || (state === "" ? !decided(row) : decided(row) && (state === "any" || word(row) === state)))
    && (!text || data[row].some((value) => !PICTURE.test(value) && value.toLowerCase().includes(text))));
  order();
  at = Math.max(0, shown.indexOf(here));
  byId("list").scrollTop = 0;
  draw();
}

function order() {
  const name = JSON.parse(byId("sort").value);
  const turn = descending ? -1 : 1;
  byId("direction").textContent = descending ? "\u2193" : "\u2191";
  if (name === null) { if (descending) shown.reverse(); return; }
  const place = column[name];
  const value = facts.numbers[place] ? (row) => Number(data[row][place]) : (row) => data[row][place];
  const unknown = (row) => data[row][place] === ""; // these come last, whatever the direction
  shown.sort((a, b) => {
    if (unknown(a) || unknown(b)) return unknown(a) - unknown(b) || a - b;
    const [x, y] = [value(a), value(b)];
    return x < y ? -turn : x > y ? turn : a - b;
  });
}

function quoted(text) { return /[",\r\n]|^\s|^::|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text; }

// What a spreadsheet program would compute gets a ' in front, as in the CSV that find writes; reading takes it off.
const FORMULA = /^'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;
const NUMBER = /^(?:[+-]?[0-9][0-9.,]*(?:[eE][+-]?[0-9]+)?%?|[=+@-])$/;
const forPeople = ["given_label", "row_hash", "hashed"].every((name) => name in column);
function inert(text) { return forPeople && FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text; }

function save() {
  const filled = (cells, row) => cells.slice(0, facts.names.length).map((text, place) => {
    const which = facts.fillable ? FILLED.indexOf(facts.names[place]) : -1;
    return which < 0 ? text : answer(row)[which];
  });
  const lines = [facts.names, ...data.map(filled)].map((cells) => `${cells.map(inert).map(quoted).join(",")}\n`);
  const link = document.createElement("a");
  const page = decodeURIComponent(location.pathname.split("/").pop() || "").replace(/\.html?$/i, "");
  link.download = `${page || "queue"}.decided.csv`;
  link.href = URL.createObjectURL(new Blob(lines, { type: "text/csv" }));
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  window.onbeforeunload = null;
  warning = "";
  say(`Saved as ${link.download}: hardneg apply reads it.`);
}
