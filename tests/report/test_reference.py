"""The reference lists every public name, with its parameters."""

import pytest

import toolkit as tk
from toolkit.pipeline.handbook import rooms
from toolkit.report.reference import Room, reference_body


@pytest.fixture(scope="module")
def page():
    return reference_body(rooms(), formula=lambda tex, display=False: "[formula]")


def test_every_public_name_has_a_room_with_a_title():
    listed = {name for room in rooms() for name in room.names}
    modules = {name: getattr(tk, name).__all__ for name in tk._MODULES}
    assert listed == {f"tk.{n}" for n in tk._OBJECTS} | {f"tk.{m}.{n}" for m, names in modules.items() for n in names}
    assert all(room.question for room in rooms()), "a room of the toolkit without a line in toolkit.pipeline.handbook"


@pytest.mark.parametrize(
    "part",
    [
        'id="tk.fit"', "tk.fit(\n    formula, data, W=None,", " *, durbin=None,", '<a href="#tk.impacts"><code>toolkit.impacts</code></a>', 'id="MoranTable"',
        'id="tk.Panel.select"', 'id="tk.weights.queen"', 'id="tk.charts.ridges"', 'id="tk.errors.InputError"',
    ],
)  # fmt: skip
def test_names_signatures_records_and_methods(page, part):
    assert part in page


def test_no_anchor_stands_twice_and_every_link_has_one(page):
    import re

    anchors = re.findall(r' id="([^"]+)"', page)
    assert len(anchors) == len(set(anchors))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(anchors)


def test_a_function_without_a_record_is_listed_alone():
    text = reference_body([Room(id="a", title="A < B", question="?", names={"f": len})], formula=str)
    assert text.count("<article") == 1 and "A &lt; B" in text
