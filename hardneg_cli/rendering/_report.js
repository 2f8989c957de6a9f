"use strict";
// Text from the data reaches the page through textContent alone, never as markup.
const byId = (id) => document.getElementById(id);
const points = byId("points") ? JSON.parse(byId("points").textContent) : null;
const COLORS = ["#4e79a7", "#e1812c", "#3a923a", "#c03d3e", "#9372b2", "#845b53", "#d684bd", "#7f7f7f", "#a9aa35", "#2eabb8"];
const OTHERS = "#9aa0a8";
let chosen = null; // a pair of classes, given and suggested
let near = -1; // the point that is told about

function make(kind, name, text) {
  const element = document.createElement(kind);
  if (name) element.className = name;
  if (text !== undefined) element.textContent = text;
  return element;
}

// A pair of classes that was chosen: its cards, its points.

const cards = [...document.querySelectorAll(".card")];
const openers = [...document.querySelectorAll("[data-given]:not(.card)")];

function isPair(element, pair) { return !!pair && element.dataset.given === pair[0] && element.dataset.suggested === pair[1]; }

function choose(given, suggested) {
  chosen = chosen && chosen[0] === given && chosen[1] === suggested ? null : [given, suggested];
  for (const card of cards) card.hidden = chosen ? !isPair(card, chosen) : card.dataset.example !== undefined;
  for (const opener of openers) {
    opener.classList.toggle("chosen", isPair(opener, chosen));
    if (opener.matches("button")) opener.setAttribute("aria-pressed", String(isPair(opener, chosen)));
  }
  byId("chosen").hidden = !chosen;
  const shown = cards.filter((card) => !card.hidden).length;
  byId("chosen").firstElementChild.textContent = chosen ? `Rows labeled ${given} that look like ${suggested}: the ${shown} worst of them.` : "";
  draw();
}

// The map.

function colorOf(place) {
  if (byId("color").value === "score") return shade(points.scores[place]);
  const label = points.labels[place];
  return label < COLORS.length ? COLORS[label] : OTHERS;
}

function shade(score) { return `hsl(${Math.round(215 - 205 * score)} 62% ${Math.round(58 - 10 * score)}%)`; }

function isShown(place) {
  if (byId("only").value === "flagged" && !points.flagged[place]) return false;
  if (!chosen) return true;
  return points.classes[points.labels[place]] === chosen[0] && points.suggested[place] >= 0
    && points.classes[points.suggested[place]] === chosen[1];
}

function spot(place) {
  const canvas = byId("plane");
  const edge = 14;
  return [edge + (points.x[place] / 1000) * (canvas.clientWidth - 2 * edge),
    edge + (1 - points.y[place] / 1000) * (canvas.clientHeight - 2 * edge)];
}

function draw() {
  if (!points) return;
  const canvas = byId("plane");
  const scale = window.devicePixelRatio || 1;
  canvas.width = canvas.clientWidth * scale;
  canvas.height = canvas.clientHeight * scale;
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  const ink = getComputedStyle(document.body).color;
  const many = points.x.length > 4000;
  const large = points.flagged.reduce((sum, flag) => sum + flag, 0) > 400 ? 3.2 : 4.5;
  for (const strong of [0, 1]) { // flagged rows above the others
    for (let place = 0; place < points.x.length; place += 1) {
      if (points.flagged[place] !== strong) continue;
      const [x, y] = spot(place);
      pen.globalAlpha = isShown(place) ? (strong ? 1 : 0.55) : 0.06;
      pen.fillStyle = colorOf(place);
      pen.beginPath();
      pen.arc(x, y, strong ? large : many ? 2 : 3, 0, 7);
      pen.fill();
      if (strong && isShown(place)) { pen.strokeStyle = ink; pen.lineWidth = large / 4; pen.stroke(); }
    }
  }
  pen.globalAlpha = 1;
  if (near >= 0) {
    const [x, y] = spot(near);
    pen.strokeStyle = ink;
    pen.lineWidth = 2;
    pen.beginPath();
    pen.arc(x, y, 8, 0, 7);
    pen.stroke();
  }
}

function legend() {
  const byScore = byId("color").value === "score";
  const entry = (color, text) => {
    const element = make("span");
    const mark = make("i");
    mark.style.background = color;
    element.append(mark, document.createTextNode(text));
    return element;
  };
  const entries = byScore ? [0, 0.25, 0.5, 0.75, 1].map((score) => entry(shade(score), `score ${score}`))
    : points.classes.slice(0, COLORS.length).map((name, place) => entry(COLORS[place], name));
  if (!byScore && points.classes.length > COLORS.length) entries.push(entry(OTHERS, `${points.classes.length - COLORS.length} other classes`));
  byId("legend").replaceChildren(...entries, make("span", "", "\u25ef flagged"));
}

function told(place) {
  const label = points.classes[points.labels[place]];
  const other = points.suggested[place] >= 0 && points.suggested[place] !== points.labels[place] ? ` \u2192 ${points.classes[points.suggested[place]]}` : "";
  return `${label}${other}, score ${points.scores[place].toFixed(3)}`;
}

function tell(place) {
  near = place;
  const box = byId("hover");
  box.hidden = place < 0;
  if (place >= 0) {
    const [x, y] = spot(place);
    const canvas = byId("plane");
    box.replaceChildren(make("b", "", told(place)), make("span", "", points.texts[place] || points.ids[place]));
    if (points.pictures[place]) {
      const picture = make("img");
      picture.src = points.pictures[place];
      picture.alt = points.ids[place];
      box.append(picture);
    }
    const right = x > canvas.clientWidth / 2;
    box.style.left = right ? "" : `${canvas.offsetLeft + x + 14}px`;
    box.style.right = right ? `${canvas.clientWidth - x + 14}px` : "";
    box.style.top = `${canvas.offsetTop + Math.min(y, canvas.clientHeight - 120)}px`;
    byId("about").textContent = `${points.ids[place]}: ${told(place)}. ${points.texts[place]}`;
  }
  draw();
}

function nearest(event) {
  const box = byId("plane").getBoundingClientRect();
  let best = 400;
  let found = -1;
  for (let place = 0; place < points.x.length; place += 1) {
    if (!isShown(place)) continue;
    const [x, y] = spot(place);
    const far = (x - event.clientX + box.left) ** 2 + (y - event.clientY + box.top) ** 2;
    if (far < best - (points.flagged[place] ? 0 : 1e-9)) { best = far; found = place; }
  }
  return found;
}

function step(by) {
  const order = points.x.map((_, place) => place).filter((place) => points.flagged[place] && isShown(place))
    .sort((a, b) => points.scores[b] - points.scores[a] || a - b);
  if (order.length) tell(order[(order.indexOf(near) + by + order.length + (near < 0 && by < 0 ? 1 : 0)) % order.length]);
}

function startMap() {
  const canvas = byId("plane");
  canvas.addEventListener("pointermove", (event) => { const found = nearest(event); if (found !== near) tell(found); });
  canvas.addEventListener("pointerdown", (event) => tell(nearest(event)));
  canvas.addEventListener("pointerleave", () => tell(-1));
  canvas.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (by) { event.preventDefault(); step(by); }
    if (event.key === "Escape") tell(-1);
  });
  byId("color").addEventListener("change", () => { legend(); draw(); });
  byId("only").addEventListener("change", draw);
  window.addEventListener("resize", draw);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  legend();
  draw();
}

openers.forEach((opener) => opener.addEventListener("click", () => choose(opener.dataset.given, opener.dataset.suggested)));
if (byId("all")) byId("all").addEventListener("click", () => choose(...chosen));
if (points) startMap();
let unfolded = []; // tables are folded on the screen, not on paper
window.addEventListener("beforeprint", () => {
  unfolded = [...document.querySelectorAll("details:not([open])")].filter((one) => one.querySelectorAll("tr").length < 40);
  unfolded.forEach((one) => { one.open = true; });
});
window.addEventListener("afterprint", () => unfolded.forEach((one) => { one.open = false; }));
