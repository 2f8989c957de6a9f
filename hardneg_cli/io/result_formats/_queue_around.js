// The rows around a row: its twins, which have the same content, and the nearest ones. They are parsed when asked for.
const MOST_VOTES = 5; // labels with a bar of their own
const READ = 300; // characters of a row that are quoted beside another
const around = records("around");
const others = records("others");
const thumbs = records("thumbs");
let places = null; // of the queue's rows by id

function records(id) {
  let lines = null;
  const known = new Map();
  return (place) => {
    lines ??= byId(id).textContent.split("\n");
    if (!known.has(place)) known.set(place, lines[place] ? JSON.parse(lines[place]) : null);
    return known.get(place);
  };
}

function surroundings(row) {
  const [twins, pairs] = around(row) || [[], []];
  const near = [];
  for (let place = 0; place < pairs.length; place += 2) {
    near.push({ ...other(pairs[place]), distance: pairs[place + 1] });
  }
  return { twins: twins.map(other), near };
}

function other(place) {
  const [id, label, text, picture] = others(place);
  return { id, label, text, picture: pictureAround(id, picture) };
}

// One that is a row's of the queue as well stands in the page once.
function pictureAround(id, place) {
  if (place !== null) return place < 0 ? pictureOf(-1 - place) : thumbs(place);
  if (facts.picture) return "";
  places ??= new Map(data.map((cells, row) => [cell(row, "id"), row]));
  return places.has(id) ? pictureOf(places.get(id)) : "";
}

function votes(row, { near }) {
  if (!near.length) return [];
  const count = new Map();
  for (const { label } of near) count.set(label, (count.get(label) || 0) + 1);
  const order = [...count].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const tone = (label) => (label === cell(row, "given_label") ? "given" : label === suggestion(row) ? "suggested" : "");
  const line = ([label, n]) => [edged(label), n / near.length, `${n} of ${near.length}`, tone(label)];
  const rest = order.slice(MOST_VOTES).reduce((sum, [, n]) => sum + n, 0);
  return [part("Labels of the nearest rows",
    bars([...order.slice(0, MOST_VOTES).map(line), ...(rest ? [line(["other labels", rest])] : [])]))];
}

function drawAround(row, { twins, near }) {
  if (!twins.length && !near.length) return [];
  const basis = basisOf(row, [...twins, ...near]);
  const tiles = [...twins, ...near].every(({ text, picture }) => !text && PICTURE.test(picture));
  const list = (rows, kind) =>
    holding("ul", tiles ? "others tiles" : "others", ...rows.map((one) => neighbor(row, one, basis, kind)));
  const marked = basis && near.some(({ text }) => text) ? [remark(basis)] : [];
  const same = twins.length === 1 ? "A row with the same content" : "Rows with the same content";
  return [
    ...(twins.length ? [part(same, list(twins, "twin"))] : []),
    ...(near.length ? [part("Nearest rows", ...marked, list(near, "near"))] : []),
  ];
}

function remark(basis) {
  const words = make("p", "remark", "");
  words.append(make("ins", "", "Marked"), " is what this row does not have",
    ...(basis.clauses ? ["."] : ["; ", make("del", "", "struck out"), " is what it has alone."]));
  return words;
}

function neighbor(row, one, basis, kind) {
  const contradicts = kind === "twin" && one.label !== cell(row, "given_label");
  const head = holding("div", "head", chip(row, one.label));
  if (contradicts) head.append(make("span", "contradicts", "another label"));
  const far = one.distance ?? null;
  if (far !== null) head.append(make("span", "far", `distance ${Number(far.toPrecision(3))}`));
  if (named(one.id)) head.append(make("span", "id", one.id));
  const body = holding("div", "body", head, ...quote(one, basis, kind));
  const element = holding("li", contradicts ? "other contradicting" : "other", body);
  if (PICTURE.test(one.picture)) element.prepend(image(one.picture, `picture of a row labeled ${one.label}`, "thumb"));
  return element;
}

function quote(one, basis, kind) {
  const same = () => make("p", "same", "No word differs.");
  if (!one.text) return kind === "twin" ? [make("p", "same", "The same in every column.")] : [];
  if (!basis) return [make("p", "quote", one.text)];
  const { element, differs } = basis.clauses ? byClause(one.text, basis.clauses) : byWord(basis.text, one.text);
  return differs ? [element] : [element, same()];
}

// What the rows around are compared with: the column that they are quoted by, or all of them clause by clause.
function basisOf(row, rows) {
  const names = worded.filter((name) => !PICTURE.test(cell(row, name)));
  const quoted = rows.map(({ text }) => text).filter(Boolean);
  if (!names.length || !quoted.length) return null;
  if (names.length === 1) return { text: shortened(cell(row, names[0]), READ) };
  const bare = (name) => name.replace(/^(data_)+/, ""); // what the dataset calls it
  if (quoted.every((text) => names.some((name) => text.startsWith(`${bare(name)} `)))) {
    const cells = names.flatMap((name) => {
      const text = shortened(cell(row, name), 60);
      return [text, ...`${bare(name)} ${text}`.split(" \u00b7 ")];
    });
    return { clauses: new Set(cells) };
  }
  const heard = new Set(quoted.flatMap((text) => tokens(text).map((token) => token.text)));
  const common = (name) => tokens(shortened(cell(row, name), READ)).filter((token) => heard.has(token.text)).length;
  const best = names.map((name) => [common(name), name]).sort(([a], [b]) => b - a)[0];
  return best[0] ? { text: shortened(cell(row, best[1]), READ) } : null;
}

function byClause(text, known) {
  const element = make("p", "quote", "");
  let differs = false;
  text.split(" \u00b7 ").forEach((clause, place) => {
    const strange = !known.has(clause);
    differs ||= strange;
    if (place) element.append(" \u00b7 ");
    element.append(strange ? make("ins", "", clause) : clause);
  });
  return { element, differs };
}

// What the row has alone is shown in texts that are much alike; in others it would hide what they say.
function byWord(from, to) {
  const { words, alike } = compared(from, to);
  const element = make("p", "quote", "");
  const kept = words.filter(([kind]) => kind !== "less" || alike > 0.5);
  for (let first = 0; first < kept.length;) {
    const [kind] = kept[first];
    let [last, text] = [first, ""];
    for (; last < kept.length && kept[last][0] === kind; last += 1) {
      text += (last > first ? kept[last][1].space : "") + kept[last][1].text;
    }
    if (first && kept[first][1].space) element.append(" ");
    element.append(kind ? make(kind === "more" ? "ins" : "del", "", text) : text);
    first = last;
  }
  return { element, differs: words.some(([kind]) => kind !== "") };
}
