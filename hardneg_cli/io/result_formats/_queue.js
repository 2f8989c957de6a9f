"use strict";
// What is asked and what was answered. Text from the data reaches the page through textContent and value alone, never
// as markup.
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

// What a person said of the row in one word: the label that it gets, else the decision.
function verdict(row) {
  return word(row) === "relabel" ? edged(answer(row)[1] || suggestion(row)) : word(row);
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

// A class was named: the one that the row has already means that it stays.
function choose(label) {
  if (label === cell(shown[at], "given_label")) decide("keep");
  else decide("relabel", label);
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
  say(`Undone: ${named(cell(row, "id")) ? cell(row, "id") : `row ${row + 1}`}`);
  draw();
}

function go(step) {
  at = Math.max(0, Math.min(shown.length - 1, at + step));
  asking = false;
  say("");
  draw();
}
