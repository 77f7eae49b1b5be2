"""What checks make of a run: given how their conditions stand at each sampling, what comes of them."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from doppelgrid.sim.language.over_time import After, Always, Look, Never, Outcome, Settling, Watch

S = 1_000_000


def outcome(watch: Watch, truths: Iterable[bool | None], begin_s: int = 0) -> Outcome:
    """Show a condition once a second, and return what came of it."""
    number = begin_s
    for number, truth in enumerate(truths, begin_s):
        watch.look(Look(number * S, truth, lambda: "grid.power = 1 kW"))
    return watch.end(number * S)


class TestAlways:
    def test_passes_what_holds_at_every_sampling(self) -> None:
        assert outcome(Always(0, 9 * S), [True] * 10) == Outcome(True, "held at every one of 10 samplings")

    def test_fails_at_the_first_sampling_at_which_it_does_not(self) -> None:
        found = outcome(Always(0, 9 * S), [True, True, False, True, False])
        assert found == Outcome(False, "is not true: grid.power = 1 kW", 2 * S)

    def test_fails_where_it_cannot_be_told(self) -> None:
        assert outcome(Always(0, 9 * S), [True, None]) == Outcome(
            False, "cannot be told: grid.power = 1 kW", S
        )

    @pytest.mark.parametrize("place", [1, 6])
    def test_looks_at_nothing_before_or_behind_its_time(self, place: int) -> None:
        truths = [number != place for number in range(8)]
        assert outcome(Always(2 * S, 5 * S), truths).has_passed

    @pytest.mark.parametrize("place", [2, 5])
    def test_looks_at_both_ends_of_its_time(self, place: int) -> None:
        truths = [number != place for number in range(8)]
        assert not outcome(Always(2 * S, 5 * S), truths).has_passed

    def test_fails_if_there_was_nothing_to_look_at(self) -> None:
        assert not outcome(Always(2 * S, 5 * S), [True]).has_passed


class TestNever:
    def test_passes_what_is_true_for_less_than_its_limit_again_and_again(self) -> None:
        found = outcome(Never(0, 99 * S, 3 * S), [True, True, True, False] * 5)
        assert found == Outcome(
            True, "of 20 samplings, those in a row at which it is true are over 2 s at most"
        )

    def test_fails_what_is_true_for_as_long_as_its_limit(self) -> None:
        found = outcome(Never(0, 99 * S, 3 * S), [False, True, True, True, True])
        assert found == Outcome(
            False, "is true at 4 samplings in a row, up to 1 s apart, over 3 s: grid.power = 1 kW", 4 * S
        )

    def test_without_a_limit_one_sampling_is_too_many(self) -> None:
        assert outcome(Never(0, 99 * S, 0), [False, True, False]).time_us == S

    def test_counts_what_cannot_be_told_as_if_it_were_true(self) -> None:
        found = outcome(Never(0, 99 * S, 2 * S), [True, None, True])
        assert found == Outcome(
            False, "is true at 3 samplings in a row, up to 1 s apart, over 2 s: grid.power = 1 kW", 2 * S
        )


class TestSettling:
    def test_passes_what_comes_true_in_time_and_stays_so(self) -> None:
        found = outcome(Settling(0, 3 * S, 4 * S), [False] * 3 + [True] * 5)
        assert found == Outcome(True, "true after 3 s", 7 * S)

    def test_fails_as_soon_as_it_is_late(self) -> None:
        found = outcome(Settling(0, 3 * S, 4 * S), [False] * 4 + [True] * 9)
        assert found == Outcome(False, "is not true: grid.power = 1 kW", 3 * S)

    def test_fails_what_comes_true_between_the_last_sampling_in_time_and_the_next(self) -> None:
        watch = Settling(0, 3_500_000, S)
        assert outcome(watch, [False] * 4 + [True] * 9) == Outcome(
            False, "is true too late: grid.power = 1 kW", 4 * S
        )

    def test_fails_what_comes_true_in_time_and_does_not_stay(self) -> None:
        found = outcome(Settling(0, 3 * S, 4 * S), [False, True, True, True, False, True])
        assert found == Outcome(False, "is not true: grid.power = 1 kW", 4 * S)

    def test_passes_what_comes_true_again_while_there_is_time(self) -> None:
        found = outcome(Settling(0, 3 * S, 2 * S), [True, False, True, True, True])
        assert found == Outcome(True, "true after 2 s", 4 * S)

    def test_fails_if_the_run_ends_before_it_has_stayed_for_long_enough(self) -> None:
        found = outcome(Settling(0, 3 * S, 9 * S), [True] * 5)
        assert found == Outcome(False, "the run ended when it had been true for 4 s", 4 * S)

    def test_of_a_moment_looks_at_the_first_sampling_from_then_on(self) -> None:
        assert outcome(Settling(2_500_000, 0, 0), [False, False, False, True, False]).has_passed
        assert not outcome(Settling(2_500_000, 0, 0), [True, True, True, False, True]).has_passed

    def test_fails_if_the_run_ends_before_its_moment(self) -> None:
        assert not outcome(Settling(9 * S, 0, 0), [True] * 3).has_passed


class TestAfter:
    def test_fails_if_it_never_happened(self) -> None:
        found = outcome(After("trip ends", S, S), [True] * 5)
        assert found == Outcome(False, "'trip ends' never happened")

    def test_begins_when_it_happens(self) -> None:
        watch = After("trip ends", 2 * S, S)
        outcome(watch, [False] * 5)
        watch.hear("trip ends", 5 * S)
        assert outcome(watch, [False, False, True, True], 5) == Outcome(True, "true after 2 s", 8 * S)

    def test_does_not_mind_what_else_happens(self) -> None:
        watch = After("trip ends", 2 * S, S)
        watch.hear("trip begins", 0)
        assert outcome(watch, [False] * 9).said == "'trip ends' never happened"

    def test_leaves_out_what_happens_at_the_very_end(self) -> None:
        watch = After("trip ends", 2 * S, 0)
        watch.hear("trip ends", 0)
        outcome(watch, [False, True], 1)
        watch.hear("trip ends", 2 * S)
        assert watch.end(2 * S) == Outcome(True, "true after 2 s", 2 * S)

    def test_cannot_tell_if_it_happens_at_the_very_end_alone(self) -> None:
        watch = After("trip ends", S, 0)
        outcome(watch, [True, True], 1)
        watch.hear("trip ends", 2 * S)
        assert watch.end(2 * S) == Outcome(False, "there was no sampling to tell by")

    def test_fails_if_it_does_not_settle_one_time_of_several(self) -> None:
        watch = After("trip ends", S, S)
        watch.hear("trip ends", 0)
        assert outcome(watch, [True, True]).has_passed
        watch.hear("trip ends", 2 * S)
        assert not outcome(watch, [False, False, True, True], 2).has_passed

    def test_of_several_times_that_have_not_settled_it_tells_of_the_first(self) -> None:
        watch = After("trip ends", 9 * S, 9 * S)
        watch.hear("trip ends", 0)
        outcome(watch, [True, True])
        watch.hear("trip ends", 2 * S)
        found = outcome(watch, [True, True], 2)
        assert found == Outcome(False, "the run ended when it had been true for 3 s", 3 * S)
