// Words: which id somebody gave, clauses, one text against another, and which class a typed label may mean.

// Ids that nobody gave are content hashes: `h`, 16 digits, `#2` for a second copy; the row's own hash says the same.
const HASH = /^h[0-9a-f]{16}(#[0-9]+)?$/;
const nameless = data.length > 0 && data.every((cells, row) =>
  HASH.test(cell(row, "id")) && cell(row, "id").split("#")[0] === cell(row, "row_hash"));
function named(id) { return id !== "" && !(nameless && HASH.test(id)); }

// Blanks at the edges are what some labels differ in.
function edged(text) { return text === text.trim() ? text : `\u201c${text}\u201d`; }

// A number as the files have it, cut: what is not certain shall not look so.
function figure(text) { return text.slice(0, 5); }

// One line of at most so many characters, as the rows around are quoted.
function shortened(text, longest) {
  const line = text.slice(0, 4 * longest).split(/\s+/).filter(Boolean).join(" ");
  return line.length <= longest && text.length <= 4 * longest ? line : `${line.slice(0, longest - 1).trimEnd()}\u2026`;
}

// Clauses stand between semicolons; a quoted label may have one, too.
const CLAUSE = /(?:(?<!\w)'(?:[^'\\]|\\.)*'|(?<!\w)"(?:[^"\\]|\\.)*"|[^;]|;(?! ))+/g;
function clauses(text) { return (text.match(CLAUSE) || []).map((clause) => clause.trim()).filter(Boolean); }

// A script that has no blanks is compared letter by letter.
const TOKEN = new RegExp([
  "[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}]\\p{M}*",
  "[\\p{L}\\p{N}_][\\p{L}\\p{N}\\p{M}_]*(?:['\\u2019-][\\p{L}\\p{N}\\p{M}_]+)*",
  "(?:\\p{Extended_Pictographic}[\\u{fe0f}\\u{200d}\\p{Emoji_Modifier}]*)+", "[^\\s]",
].join("|"), "gu");

function tokens(text) {
  return [...text.matchAll(TOKEN)].map((found) => {
    return { text: found[0], space: found.index === 0 || /\s/.test(text[found.index - 1]) ? " " : "" };
  });
}

// The words of `to` and of `from` in one sequence, each with whether both have it (""), or one alone ("more", "less").
function compared(from, to) {
  const [old, now] = [tokens(from), tokens(to)];
  const common = Array.from({ length: old.length + 1 }, () => new Uint16Array(now.length + 1));
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = now.length - 1; j >= 0; j -= 1) {
      const longer = Math.max(common[i + 1][j], common[i][j + 1]);
      common[i][j] = old[i].text === now[j].text ? common[i + 1][j + 1] + 1 : longer;
    }
  }
  const found = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < now.length) {
    if (i < old.length && j < now.length && old[i].text === now[j].text) {
      found.push(["", now[j]]);
      i += 1;
      j += 1;
    } else if (j >= now.length || (i < old.length && common[i + 1][j] >= common[i][j + 1])) {
      found.push(["less", old[i]]);
      i += 1;
    } else {
      found.push(["more", now[j]]);
      j += 1;
    }
  }
  return { words: found, alike: old.length + now.length ? (2 * common[0][0]) / (old.length + now.length) : 1 };
}

function folded(name) { return name.normalize("NFKC").toLowerCase().split(/\s+/).filter(Boolean).join(" "); }

// Whether a letter more, less or replaced, or two swapped, make one name of the other.
function oneSlip(name, other) {
  const [a, b] = [[...name], [...other]];
  if (Math.min(a.length, b.length) < 3 || Math.abs(a.length - b.length) > 1) return false;
  let [first, last] = [0, 0];
  const least = Math.min(a.length, b.length);
  while (first < least && a[first] === b[first]) first += 1;
  while (last < least - first && a[a.length - 1 - last] === b[b.length - 1 - last]) last += 1;
  const [left, right] = [a.slice(first, a.length - last), b.slice(first, b.length - last)];
  if (left.length <= 1 && right.length <= 1) return true;
  return left.length === 2 && right.length === 2 && left[0] === right[1] && left[1] === right[0];
}

// The classes that a typed label may be meant for, those that differ in case and blanks alone first.
function meant(label, classes) {
  const name = folded(label);
  const same = classes.filter((one) => folded(one) === name);
  return same.length ? same : classes.filter((one) => oneSlip(folded(one), name));
}
