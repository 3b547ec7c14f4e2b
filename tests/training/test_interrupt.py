import os
import signal
import threading

import pytest

from sweepbox.detection.training.interrupt import Interrupted, deferred_interrupts


def _press() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_is_deferred_until_the_check() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(Interrupted), deferred_interrupts() as check:
        check()
        _press()
        check()
    assert signal.getsignal(signal.SIGINT) is before


def test_a_second_ctrl_c_interrupts_at_once() -> None:
    with pytest.raises(KeyboardInterrupt) as caught, deferred_interrupts():
        _press()
        _press()
    assert not isinstance(caught.value, Interrupted)


def test_outside_the_main_thread_nothing_is_deferred() -> None:
    seen = []

    def work() -> None:
        with deferred_interrupts() as check:
            check()
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGINT)]
