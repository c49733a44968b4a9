"""The arena's planner: buffers that live together never overlap."""

from hypothesis import given
from hypothesis import strategies as st

from trimtab.engines.cpu.memory import ALIGNMENT, Lifetime, place

lifetimes = st.lists(
    st.tuples(st.integers(0, 5000), st.integers(0, 20), st.integers(0, 20)).map(
        lambda t: Lifetime(t[0], min(t[1:]), max(t[1:]))
    ),
    max_size=25,
)


@given(lifetimes)
def test_buffers_alive_together_do_not_overlap(buffers):
    offsets, _ = place(buffers)
    for i, a in enumerate(buffers):
        for j, b in enumerate(buffers[:i]):
            if a.first <= b.last and b.first <= a.last:
                assert offsets[i] + a.size <= offsets[j] or offsets[j] + b.size <= offsets[i]


@given(lifetimes)
def test_buffers_lie_inside_the_arena_on_cache_lines(buffers):
    offsets, total = place(buffers)
    assert all(o % ALIGNMENT == 0 for o in offsets)
    assert all(o + b.size <= total for o, b in zip(offsets, buffers, strict=True))


def test_buffers_that_never_meet_share_memory():
    offsets, total = place([Lifetime(64, 0, 1), Lifetime(64, 2, 3)])
    assert (offsets, total) == ([0, 0], 64)
