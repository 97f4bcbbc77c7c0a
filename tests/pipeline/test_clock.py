"""Clocks end what takes too long, and say so only where it was they who did; one timer is enough for all of them."""

import asyncio

import pytest

from genblaze.pipeline.clock import Alarm, Clock

EVER = 600


async def test_what_takes_too_long_ends_with_a_timeout():
    with pytest.raises(TimeoutError), Clock(Alarm(), 0.01):
        await asyncio.sleep(EVER)
    assert asyncio.current_task().cancelling() == 0


async def test_one_timer_is_enough_for_clocks_that_end_at_different_times():
    alarm = Alarm()

    async def wait(seconds):
        with Clock(alarm, seconds):
            await asyncio.sleep(EVER)

    outcomes = await asyncio.gather(*map(wait, (0.3, 0.02, 0.6, 0.02)), return_exceptions=True)
    assert [type(each) for each in outcomes] == [TimeoutError] * 4


async def ended_within(alarm, run, step):
    """What ended a step within a run, each with its seconds."""
    seen = []

    async def work():
        try:
            with Clock(alarm, step):
                await asyncio.sleep(EVER)
        except BaseException as error:
            seen.append(type(error))
            raise

    with pytest.raises(TimeoutError), Clock(alarm, run):
        await work()
    return seen


async def test_the_end_of_a_run_is_not_taken_for_the_end_of_its_step():
    assert await ended_within(Alarm(), 0.01, EVER) == [asyncio.CancelledError]


async def test_both_may_end_at_once():
    assert len(await ended_within(Alarm(), 0.01, 0.01)) == 1
    assert asyncio.current_task().cancelling() == 0


async def test_who_is_cancelled_by_somebody_else_hears_no_timeout():
    async def work():
        with Clock(Alarm(), EVER):
            await asyncio.sleep(EVER)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_stopped_clock_stands_still_and_goes_on_with_the_time_it_had():
    clock = Clock(Alarm(), 0.2)
    before = clock.deadline

    async def work():
        with clock.stopped(), clock.stopped():
            await asyncio.sleep(0.5)
        await asyncio.sleep(EVER)

    with pytest.raises(TimeoutError), clock:
        await work()
    assert clock.deadline >= before + 0.5


async def test_a_clock_without_an_end_never_rings():
    with Clock(Alarm(), None):
        await asyncio.sleep(0.05)
