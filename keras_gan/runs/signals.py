"""Signals that stop a training."""

import contextlib
import signal
import threading
from collections.abc import Iterator

STOP_SIGNALS = ("SIGINT", "SIGTERM", "SIGBREAK")


@contextlib.contextmanager
def catch_signals() -> Iterator[list[signal.Signals]]:
    """Yields a list to which signals to stop are appended; a second one ends the process."""
    signals = []
    if threading.current_thread() is not threading.main_thread():
        yield signals
        return
    numbers = [getattr(signal, name) for name in STOP_SIGNALS if hasattr(signal, name)]

    def handle(number, frame):
        signals.append(signal.Signals(number))
        signal.signal(number, previous[number])

    previous = {number: signal.signal(number, handle) for number in numbers}
    try:
        yield signals
    finally:
        for number in numbers:
            signal.signal(number, previous[number])


@contextlib.contextmanager
def keep_interrupts() -> Iterator[None]:
    """Raises `KeyboardInterrupt` at the end of a block in which one was lost.

    Python raises it at once, but where TensorFlow has called Python, as in its garbage collection,
    the error is printed or dropped, and the work goes on.
    """
    previous = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(previous):
        yield
        return
    interrupts = []

    def handle(number, frame):
        interrupts.append(number)
        previous(number, frame)

    signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
    if interrupts:
        raise KeyboardInterrupt
