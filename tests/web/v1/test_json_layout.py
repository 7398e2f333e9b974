from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fake_server.web.v1.json_layout import RenderedList, render, render_item

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=50, deadline=None)
@given(VALUES)
def test_it_is_what_the_library_writes(value: Any) -> None:
    assert render(value) == json.dumps(value, indent=2, sort_keys=True) + "\n"


@settings(max_examples=25, deadline=None)
@given(st.lists(st.dictionaries(st.text(), VALUES, max_size=3), max_size=4))
def test_items_may_be_rendered_one_by_one(items: list[Any]) -> None:
    whole = render({"items": items, "total_entries": len(items)})
    assert render({"items": RenderedList([render_item(item) for item in items]), "total_entries": len(items)}) == whole
