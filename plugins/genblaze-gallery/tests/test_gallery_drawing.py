"""Drawings of lineage and times, for whatever a manifest may say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from genblaze import Asset, Manifest, Run, Step
from genblaze_gallery.collecting import ShownRun
from genblaze_gallery.layered import NODE_HEIGHT, NODE_WIDTH, families, layout
from genblaze_gallery.waterfall import WIDTH, bars
from genblaze_gallery.wording import UNKNOWN, cost_of, money, seconds, size

DIGESTS = st.sampled_from([f"{number:064x}" for number in range(6)])
IDS = st.sampled_from("abcdef")


def assets(digests):
    return [Asset(url="file:///x", media_type="image/png", sha256=digest) for digest in digests]


STEPS = st.builds(
    lambda taken, made: Step(provider="p", model="m", inputs=assets(taken), assets=assets(made)),
    st.lists(DIGESTS, max_size=3),
    st.lists(DIGESTS, max_size=2),
)
RUNS = st.lists(
    st.builds(
        lambda run_id, parent, steps: ShownRun(
            Manifest.from_run(Run(run_id=run_id, parent_run_id=parent, steps=steps)), intact=True
        ),
        IDS,
        st.none() | IDS,
        st.lists(STEPS, max_size=5),
    ),
    max_size=5,
    unique_by=lambda run: run.run_id,
)


@given(RUNS)
def test_every_run_is_in_one_family_and_every_step_in_one_place(runs):
    grouped = families(runs)
    assert sorted(run.run_id for family in grouped for run in family) == sorted(run.run_id for run in runs)
    for family in grouped:
        drawing = layout(family)
        assert len(drawing.nodes) == sum(len(run.steps) for run in family)
        places = sorted((node.x, node.y) for node in drawing.nodes)
        assert len(set(places)) == len(places)
        assert all(x + NODE_WIDTH <= drawing.width and y + NODE_HEIGHT <= drawing.height for x, y in places)


MOMENTS = st.none() | st.datetimes(timezones=st.sampled_from([UTC, None]))


@given(st.lists(st.tuples(MOMENTS, MOMENTS), max_size=6))
def test_bars_stay_within_their_width(times):
    steps = [Step(provider="p", model="m", started_at=begin, completed_at=end) for begin, end in times]
    for bar in bars(steps).values():
        assert 0 <= bar.x <= bar.x + bar.width <= WIDTH + 0.2


def test_bars_stand_where_the_steps_ran():
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    times = [(0, 4), (2, 3), (3, 10)]
    steps = [
        Step(
            provider="p",
            model="m",
            started_at=begin + timedelta(seconds=started),
            completed_at=begin + timedelta(seconds=ended),
        )
        for started, ended in times
    ]
    assert [(bar.x, bar.width, bar.seconds) for bar in bars(steps).values()] == [
        (0, 400, 4),
        (200, 100, 1),
        (300, 700, 7),
    ]


def test_numbers_are_written_as_people_read_them():
    assert [money(cost) for cost in (0, 0.04, 1.5, 0.0005, 12)] == ["$0.00", "$0.04", "$1.50", "$0.0005", "$12.00"]
    assert {money(None), seconds(None), size(None)} == {UNKNOWN}
    assert [seconds(each) for each in (0.25, 3, 75, 7300)] == ["250 ms", "3.0 s", "1 min 15 s", "2 h 01 min"]
    assert [size(each) for each in (12, 2048, 3 << 20, 5 << 40)] == ["12 B", "2.0 KiB", "3.0 MiB", "5.0 TiB"]
    steps = [Step(provider="p", model="m", cost_usd=cost) for cost in (0.5, None)]
    assert cost_of(steps) == "$0.50 or more"
