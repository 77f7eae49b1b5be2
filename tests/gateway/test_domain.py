"""The words of the domain by themselves: allowed ranges, times, events and whoever hears of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from doppelgrid.sim.domain.events import Event, Subscribers
from doppelgrid.sim.domain.phases import PhasePower
from doppelgrid.sim.domain.ranges import Bounds, Ranges, cut, is_allowed, merged, widest_two
from doppelgrid.sim.domain.timestamps import to_datetime, to_us

EDGES = st.integers(-6, 6).map(float)


def ranges(*edges: tuple[float, float]) -> Ranges:
    return tuple(Bounds(*each) for each in edges)


class TestRanges:
    def test_both_ends_of_a_range_belong_to_it(self) -> None:
        bounds = Bounds(-2.0, 3.0)
        assert [bounds.contains(value) for value in (-2.1, -2.0, 0.0, 3.0, 3.1)] == [
            False, True, True, True, False,
        ]  # fmt: skip

    def test_of_many_the_two_widest_are_shown_and_of_like_ones_the_lower(self) -> None:
        for many, shown in [
            ([], []),
            ([(0, 1), (2, 3)], [(0, 1), (2, 3)]),
            ([(0, 1), (2, 5), (6, 8)], [(2, 5), (6, 8)]),
            ([(0, 3), (4, 5), (6, 8)], [(0, 3), (6, 8)]),
            ([(0, 2), (4, 6), (8, 10)], [(0, 2), (4, 6)]),
            ([(-9, -5), (-4, -1), (2, 3), (5, 9)], [(-9, -5), (5, 9)]),
        ]:
            assert widest_two(ranges(*many)) == ranges(*shown)

    @given(st.floats(-7.0, 7.0) | EDGES, st.lists(st.tuples(EDGES, EDGES).map(sorted).map(tuple), max_size=4))
    def test_power_is_cut_to_the_nearest_allowed_one_on_its_way_to_nothing(
        self, power: float, edges: list[tuple[float, float]]
    ) -> None:
        allowed = merged(ranges(*edges))
        # Every edge on the way is a candidate, and so is the power itself.
        nodes = [power, *(edge for bounds in allowed for edge in bounds)]
        on_the_way = [
            value
            for value in nodes
            if value != 0.0
            and (value > 0.0) == (power > 0.0)
            and abs(value) <= abs(power)
            and any(bounds.contains(value) for bounds in allowed)
        ]
        assert cut(power, allowed) == max(on_the_way, key=abs, default=0.0)

    def test_nothing_may_always_flow(self) -> None:
        assert cut(5.0, ()) == cut(-5.0, ()) == cut(0.0, ranges((2, 3))) == 0.0
        assert cut(5.0, ranges((6, 8))) == cut(-5.0, ranges((2, 3))) == 0.0
        assert cut(5.0, ranges((-3, 0))) == 0.0

    def test_a_value_may_lie_beyond_an_edge_by_the_slack(self) -> None:
        rows = [
            (-2.6, False), (-2.5, True), (-1.0, True), (0.5, True), (0.6, False), (4.4, False), (4.5, True),
            (6.5, True), (6.6, False),
        ]  # fmt: skip
        for value, allowed in rows:
            assert is_allowed(value, ranges((-2, 0), (5, 6)), 0.5) is allowed


class TestTimes:
    def test_a_time_is_counted_in_microseconds_since_1970(self) -> None:
        for moment, time_us in [
            (datetime(1970, 1, 1, tzinfo=UTC), 0),
            (datetime(1970, 1, 2, 0, 0, 1, 7, tzinfo=UTC), 86_401_000_007),
            (datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), -1),
            (datetime(2026, 6, 15, 12, 0, 0, 250_000, tzinfo=timezone(timedelta(hours=2))), 1_781_517_600_250_000),
        ]:  # fmt: skip
            assert to_us(moment) == time_us
            assert to_datetime(time_us) == moment
            assert to_datetime(time_us).tzinfo is UTC


class TestEvents:
    def test_each_detail_is_told_with_its_unit(self) -> None:
        for details, words in [
            ({"power": 2.25}, "power 2.2 W"),
            ({"axis": "reactive", "power": 2.0}, "reactive power 2.0 var"),
            ({"power": 2}, "power 2"),
            ({"until_us": 0}, "until 1970-01-01T00:00:00+00:00"),
            ({"until_us": 1e6}, "until 1970-01-01T00:00:01+00:00"),
            ({"until_us": None, "value": 1.0}, "value 1"),
            ({"for_s": 2.5}, "for 2.5 s"),
            ({"for_s": None, "metrics": "", "value": 1.0}, "value 1"),
            ({"value": 1.0 / 3.0}, "value 0.3333333333"),
            ({"amount": 4.0}, "amount 4"),
            ({"token": "a_us"}, "token a_us"),
        ]:
            assert str(Event(0, "driven", "inv", details)) == f"inv: driven ({words})"
        for nothing in ({}, {"for_s": None}):
            assert str(Event(0, "paused", "site", nothing)) == "site: paused"

    def test_all_who_subscribed_hear_it_in_their_order_until_they_stop(self) -> None:
        heard: list[tuple[str, int]] = []
        news = Subscribers[int]()
        stop = news.subscribe(lambda number: heard.append(("first", number)))
        news.subscribe(lambda number: heard.append(("second", number)))
        news.tell(1)
        stop()
        news.tell(2)
        assert heard == [("first", 1), ("second", 1), ("second", 2)]

    def test_whoever_stops_while_news_are_told_hears_no_more_and_whoever_comes_hears_them(self) -> None:
        heard: list[tuple[str, int]] = []
        news = Subscribers[int]()

        def hear_once(number: int) -> None:
            heard.append(("first", number))
            stop_first()
            stop_third()
            news.subscribe(lambda number: heard.append(("late", number)))

        stop_first = news.subscribe(hear_once)
        news.subscribe(lambda number: heard.append(("second", number)))
        stop_third = news.subscribe(lambda number: heard.append(("third", number)))
        assert news.tell(1)
        assert heard == [("first", 1), ("second", 1), ("late", 1)]
        news.tell(2)
        assert heard[3:] == [("second", 2), ("late", 2)]

    def test_stopping_twice_stops_nobody_else_even_where_one_subscribed_twice(self) -> None:
        heard: list[int] = []
        news = Subscribers[int]()
        stop, stop_other = (news.subscribe(heard.append) for _ in range(2))
        stop()
        stop()
        assert news.tell(1)
        assert heard == [1]
        stop_other()
        assert not news.tell(2)
        assert heard == [1]


def test_power_of_three_phases_adds_up() -> None:
    power = PhasePower(1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
    assert (power.active_w, power.reactive_var) == (7.0, 56.0)
