"""The portal's clock."""

from leadscore.sandbox.clock import Clock


def test_a_clock_that_stands_still_moves_only_when_it_is_moved():
    clock = Clock(100.0, still=True)
    clock.advance(60)
    assert clock() == 160.0
    clock.set(10.0)
    assert clock() == 10.0


def test_a_clock_goes_on_from_where_it_was_stopped():
    machine = [0.0]
    clock = Clock(1000.0, source=lambda: machine[0])
    machine[0] = 5.0
    assert clock() == 1005.0
    clock.stop()
    machine[0] = 50.0
    assert clock() == 1005.0
    clock.go()
    machine[0] = 51.0
    assert clock() == 1006.0


def test_a_clock_can_be_moved_while_it_goes():
    machine = [0.0]
    clock = Clock(source=lambda: machine[0])
    clock.advance(86_400)
    machine[0] = 1.0
    assert clock() == 86_401.0


def test_a_clock_is_kept_as_what_it_is_ahead_and_where_it_stands():
    going, standing = Clock(4e9), Clock(100.0, still=True)
    assert abs(Clock.restore(going.dump())() - going()) < 5
    copy = Clock.restore(standing.dump())
    assert (copy(), copy.stopped) == (100.0, True)
    copy.go()
    assert not copy.stopped
