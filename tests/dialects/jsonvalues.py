"""Any JSON value, for the properties of every dialect: the odd numbers and texts come often."""

from __future__ import annotations

from hypothesis import strategies as st

texts = st.text(st.characters(codec=None), max_size=20)  # lone surrogates too
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([1e21, -0.0, 1.0, 12345678901234567890])
    | texts
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=12
)
