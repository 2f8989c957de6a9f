"""What spreadsheets and data frames put into delimited text is understood, and stays there when it is rewritten."""

from __future__ import annotations

from pathlib import Path

import pytest

from hardneg_cli import apply, find
from hardneg_cli.data.columns import Columns
from hardneg_cli.data.load import load
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.row_locations import row_locations
from support.reading import fails, in_memory, texts
from support.rewriting import edits, rewritten
from support.rewriting import fails as fails_to_rewrite

ROWS = [["a", "x", "cat"], ["b", "y", "dog"], ["c", "z", "cat"]]


def table(delimiter: str = ",", end: str = "\n", index: tuple[str, ...] = ()) -> str:
    lines = [["id", "text", "label"], *ROWS]
    if index:
        lines = [[label, *line] for label, line in zip(("", *index), lines, strict=True)]
    return "".join(delimiter.join(line) + end for line in lines)


def write(path: Path, text: str) -> Path:
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|", "~", " "])
@pytest.mark.parametrize("line", ["sep={}\n", "SEP={}\r\n", '"sep={}"\r', "sep={}{}{}\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_line_that_names_the_delimiter_is_no_row(delimiter: str, line: str, encoding: str) -> None:
    text = line.replace("{}", delimiter) + table(delimiter)
    source = in_memory(text.encode(encoding))
    assert table_files.columns([source]) == ["id", "text", "label"]
    assert texts(source) == ROWS


def test_the_line_stays_and_counts(tmp_path: Path) -> None:
    data = "sep=;\r\n" + table(";", "\r\n")
    assert rewritten(data, edits({1: "cow"})) == data.replace("dog", "cow").encode()
    dataset = load(write(tmp_path / "d.csv", data), Columns())
    places = row_locations(dataset.sources, None, dataset.positions)
    assert [place.line for place in places] == [3, 4, 5]


def test_a_line_that_names_what_cannot_be_a_delimiter() -> None:
    fails(in_memory("sep=¦\nid¦label\na¦b\n"), "line 1", "ASCII")
    fails(in_memory("sep=;"), "column 2 has no name")  # nothing follows, so it is the header


@pytest.mark.parametrize("mark", ["\ufeff\ufeff", "\ufeff\ufeff\ufeff"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-32-be"])
def test_a_byte_order_mark_may_stand_there_again(mark: str, encoding: str) -> None:
    data = (mark + table()).encode(encoding)
    assert texts(in_memory(data)) == ROWS
    assert rewritten(data, edits({1: "cow"})) == (mark + table().replace("dog", "cow")).encode(encoding)
    lines = (mark + '{"id": "a", "label": "cat"}\n').encode(encoding)
    assert texts(in_memory(lines, "a.jsonl")) == [["a", "cat"]]


@pytest.mark.parametrize("labels", [("0", "1", "2"), ("0", "0", "0"), ("r7", "r1", "r4"), ("", "", "")])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_row_labels_are_no_content(delimiter: str, labels: tuple[str, ...], tmp_path: Path) -> None:
    plain = load(write(tmp_path / "plain.csv", table(delimiter)), Columns())
    data = write(tmp_path / "labeled.csv", table(delimiter, index=labels))
    labeled = load(data, Columns())
    assert labeled.all_columns == plain.all_columns
    assert labeled.row_hashes(labeled.positions) == plain.row_hashes(plain.positions)
    new = table(delimiter, index=labels).replace("dog", "cow")
    assert rewritten(data.read_bytes(), edits({1: "cow"})) == new.encode()


def test_row_labels_in_a_queue(tmp_path: Path) -> None:
    data = write(tmp_path / "d.csv", "id,label\n" + "".join(f"r{i},{'cat' if i else 'CAT'}\n" for i in range(9)))
    queue = find(data, detectors=["label-spelling"]).table().to_pandas()
    queue["decision"] = "relabel"
    queue.to_csv(tmp_path / "q.csv")
    apply(data, [tmp_path / "q.csv"], output=tmp_path / "o.csv")
    assert (tmp_path / "o.csv").read_text() == data.read_text().replace("CAT", "cat")


def test_row_labels_that_are_ids_join(tmp_path: Path) -> None:
    """A frame of probabilities is written with the ids as its index, or with none to speak of."""
    rows = [(f"r{i}", "cat" if i % 2 else "dog") for i in range(20)]
    data = write(tmp_path / "d.csv", "id,label\n" + "".join(f"{id_},{label}\n" for id_, label in rows))
    sure = {"cat": "0.9,0.1", "dog": "0.1,0.9"}
    lines = [f"{id_},{sure[label]}\n" for id_, label in rows]
    joined = write(tmp_path / "p.csv", ",prob_cat,prob_dog\n" + "".join(reversed(lines)))
    counted = write(
        tmp_path / "n.csv",
        ",prob_cat,prob_dog\n" + "".join(f"{i},{sure[label]}\n" for i, (_, label) in enumerate(rows)),
    )
    leftover = write(
        tmp_path / "l.csv",
        ",prob_cat,prob_dog\n" + "".join(f"{7 * i},{sure[label]}\n" for i, (_, label) in enumerate(rows)),
    )
    for probs in (joined, counted, leftover):
        assert find(data, probs=[probs], detectors=["doubtful-label"]).score.max() < 0.5


def test_other_columns_have_names() -> None:
    fails(in_memory("id,,label\na,b,c\n"), "column 2 has no name")
    fails(in_memory(",,label\na,b,c\n"), "column 1 has no name")
    fails(in_memory('{"": 1, "label": "a"}\n', "a.jsonl"), "column 1 has no name")


# ------------------------------------------------------------------------- quotes that are text

LITERAL = 'id\ttext\tlabel\na\t"so it begins\tcat\nb\ty\tdog\nc\t"twice\tcat\nd\tz\tdog\n'


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("text", [LITERAL, LITERAL + 'e\t"open\tcat\n', LITERAL.replace("twice", '5"')])
def test_lone_quotes_between_tabs_are_text(text: str, end: str) -> None:
    data = text.replace("\n", end)
    lines = [line.split("\t") for line in text.splitlines()]
    assert texts(in_memory(data, "a.tsv")) == lines[1:]
    assert rewritten(data, edits({1: "cow"}), "a.tsv") == data.replace("y\tdog", "y\tcow").encode()
    marked = rewritten(data, edits(drop={0}, mark="drop"), "a.tsv").decode()
    assert marked.split(end)[1] == 'a\t"so it begins\tcat\t1'


def test_what_no_literal_cell_can_hold() -> None:
    fails_to_rewrite(LITERAL, edits({1: "a\tb"}), "a tab or a line end", name="a.tsv")
    assert b'\t"cow' in rewritten(LITERAL, edits({1: '"cow'}), "a.tsv")


@pytest.mark.parametrize(
    "text",
    [
        'id\ttext\n1\t"two\nlines"\n2\tb\n',
        'id\ttext\n1\t"a\ttab"\n2\tb\n',
        '"id"\t"text"\n"1"\t"a ""b"" c"\n',
        'id\ttext\n1\t"two\n\tlines"\n2\tb\n',
    ],
)
def test_quotes_that_a_program_wrote_enclose(text: str) -> None:
    import csv
    import io

    assert texts(in_memory(text, "a.tsv")) == list(csv.reader(io.StringIO(text, newline=""), delimiter="\t"))[1:]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_no_row_is_swallowed_without_a_word(encoding: str, end: str) -> None:
    """Between commas nothing tells whether a quote is text: rows that vanish into a cell are an error."""
    lines = ["id,text,label", "a,x,cat", 'b,"so it begins,cat', "c,y,dog", 'd,"twice,cat', "e,é,dog"]
    data = (end.join(lines) + end).encode(encoding)
    known = None if encoding == "utf-16" else encoding
    with pytest.raises(Exception, match="row 2: text in quotes spans lines and goes on behind the closing quote"):
        texts(in_memory(data), encoding=known)
