"""Class names as annotation tools hold them: in XML attributes, web forms and database columns.

A name that one of them would trim, refuse or change is written as a JSON string: `eight ` as `"eight "`, with its
quotes. So is a name that could be taken for such a string, or for one of the two answers that are no class.
"""

from __future__ import annotations

import json
import re

ANSWERS = {"(drop)": "drop", "(unsure)": "unsure"}  # offered beside the classes where a tool has but one list
UNSAFE = re.compile(
    "[\0-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff\ufffe\uffff]| {2}"
)  # what XML cannot hold, what nobody sees, and what HTML shows as one blank


def offered(label: str) -> str:
    """A class as it is offered; every class is another text."""
    if label and label == label.strip() and label[0] != '"' and label not in ANSWERS and not UNSAFE.search(label):
        return label
    quoted = json.dumps(label, ensure_ascii=False)
    return UNSAFE.sub(lambda found: "".join(f"\\u{ord(sign):04x}" for sign in found.group()), quoted)


def chosen(text: str) -> str:
    """The class that was offered as `text`; what was never offered is itself."""
    if not text.startswith('"'):
        return text
    try:
        label = json.loads(text)
    except ValueError:  # typed by somebody
        return text
    assert isinstance(label, str)
    return label
