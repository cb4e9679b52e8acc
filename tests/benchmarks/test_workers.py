"""Work in processes of its own, here of the standard library alone, so that they start fast."""

from __future__ import annotations

import math
import operator
import os
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from painterly.benchmarks.workers import Worker

FUNCTIONS = {"root": math.sqrt, "add": operator.add, "leave": os._exit, "number": os.getpid, "lock": threading.Lock}


@pytest.fixture
def worker() -> Iterator[Worker]:
    made = Worker(dict, FUNCTIONS)
    yield made
    made.close()


def test_functions_are_called_in_another_process(worker: Worker) -> None:
    assert worker.ask("root", 9.0) == 3.0
    assert worker.ask("add", [1], [2]) == [1, 2]
    first, second = worker.ask("number"), worker.ask("number")
    assert first == second != os.getpid()


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [("root", (-1.0,), "ValueError"), ("nothing", (), "KeyError: 'nothing'"), ("lock", (), "pickle")],
)
def test_errors_come_back_with_their_traceback(
    worker: Worker, name: str, arguments: tuple[Any, ...], said: str
) -> None:
    with pytest.raises(RuntimeError, match=said) as caught:
        worker.ask(name, *arguments)
    assert "Traceback" in str(caught.value)


def test_a_process_that_dies_is_told_with_its_status(worker: Worker) -> None:
    with pytest.raises(RuntimeError, match="a benchmark's process ended with exit status 7"):
        worker.ask("leave", 7)


def test_what_cannot_be_made_is_told_at_once() -> None:
    with pytest.raises(RuntimeError, match="invalid literal for int"):
        Worker(int, "x")  # type: ignore[arg-type]


def test_closing_ends_the_process_and_may_be_done_twice() -> None:
    worker = Worker(dict, FUNCTIONS)
    process = worker._process
    assert process.is_alive()
    worker.close()
    worker.close()
    assert not process.is_alive()
    assert process.exitcode == 0
