from __future__ import annotations

import pickle
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from painterly.data.names import Names


@given(st.lists(st.text(st.characters(codec="utf-8")), max_size=8), st.slices(8))
def test_it_is_the_list(names: list[str], part: slice) -> None:
    found = Names(names)
    assert list(found) == names
    assert found == names
    assert len(found) == len(names)
    assert found[part] == names[part]
    assert [found[i] for i in range(-len(names), len(names))] == [names[i] for i in range(-len(names), len(names))]
    assert pickle.loads(pickle.dumps(found)) == names
    for outside in (len(names), -len(names) - 1):
        with pytest.raises(IndexError):
            found[outside]


def test_names_that_are_no_text_are_kept() -> None:
    assert list(Names(["a\udcff.jpg", "ä.jpg"])) == ["a\udcff.jpg", "ä.jpg"]


def test_a_name_costs_its_letters_and_eight_bytes() -> None:
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        names = Names(f"folder/{number:06}.jpg" for number in range(50_000))
        held = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert len(names[0]) == 17
    assert held < 1.1 * 50_000 * (17 + 8)
