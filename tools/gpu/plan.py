"""Questions in processes of their own, within a time budget; their answers as JSON and as a table.

A hang, a crash or too little memory in one question doesn't end the others: each has a process
group of its own, which is killed after the question's time.
"""

import concurrent.futures
import dataclasses
import json
import os
import pathlib
import signal
import subprocess
import time
from collections.abc import Callable, Mapping

from keras_gan.files.atomic import write_text

LEAST_SECONDS = 5  # below it a question isn't asked
TAIL = 400  # characters of a failed question's log
ANSWERED, SKIPPED, FAILED = "answered", "skipped", "failed"
TIMED_OUT, NOT_ASKED = "timed out", "not asked"


class Skipped(Exception):  # noqa: N818
    """Raised by a question that can't be asked on this machine; the text says why."""


@dataclasses.dataclass(frozen=True)
class Question:
    """A question to the machine.

    Attributes:
        ask: Function `(options) -> figures`, a dict of what JSON can hold.
        seconds: Longest time.
        alone: Whether nothing else may run at the same time, as it measures times.
        environment: Additional environment variables of its process.
    """

    ask: Callable
    seconds: float
    alone: bool = True
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)


class Budget:
    """Seconds that are left.

    Args:
        seconds: Seconds in all, from now on.
    """

    def __init__(self, seconds):
        self._end = time.monotonic() + seconds

    def left(self):
        """Returns the seconds that are left, at least 0."""
        return max(self._end - time.monotonic(), 0.0)


class Answers:
    """Answers in the order in which they come, kept in a JSON file that is always complete.

    Args:
        path: The file.
    """

    def __init__(self, path):
        self.path, self.rows = pathlib.Path(path), []

    def append(self, row):
        """Adds a row and writes the file."""
        self.rows.append(row)
        write_text(self.path, json.dumps(self.rows, indent=1) + "\n")


def run_limited(command, log, seconds, environment=None, own_group=True):
    """Runs a command with a time limit, with its output in a file.

    Args:
        command: Command line, a list.
        log: The file.
        seconds: Time after which it is killed.
        environment: Additional environment variables.
        own_group: Whether the command has a process group, which is killed as a whole. Without,
            it belongs to the group of this process and ends with that.

    Returns:
        The exit code; None after the time.
    """
    log = pathlib.Path(log)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            start_new_session=own_group,
        )
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        finally:
            if process.returncode is None:  # so its id is still that of its group
                os.killpg(process.pid, signal.SIGKILL) if own_group else process.kill()
                process.wait()


def ask(name, question, command, out, budget):
    """Asks a question in a process of its own.

    Args:
        name: Name of the question.
        question: A `Question`.
        command: Command line that answers the question and writes `out/answers/NAME.json`.
        out: Folder of answers and logs.
        budget: `Budget` of all questions.

    Returns:
        `{"question", "status", "seconds"}` and `"figures"`, or the `"reason"` why there are none.
    """
    limit = min(question.seconds, budget.left())
    if limit < LEAST_SECONDS:
        return {"question": name, "status": NOT_ASKED, "seconds": 0.0, "reason": "no time left"}
    answer, log = out / "answers" / f"{name}.json", out / "logs" / f"{name}.log"
    answer.unlink(missing_ok=True)
    start = time.monotonic()
    code = run_limited(command, log, limit, question.environment)
    row = {"question": name, "status": ANSWERED, "seconds": round(time.monotonic() - start, 1)}
    if code is None:
        return {**row, "status": TIMED_OUT, "reason": f"no answer after {limit:.0f} s"}
    if code or not answer.exists():
        tail = " ".join(log.read_text("utf-8", "replace")[-TAIL:].split())
        return {**row, "status": FAILED, "reason": f"exit code {code}: {tail}"}
    found = json.loads(answer.read_text("utf-8"))
    return {**row, "status": SKIPPED, **found} if "reason" in found else {**row, **found}


def write_answer(name, question, options):
    """Answers a question in this process and writes `out/answers/NAME.json`."""
    try:
        answer = {"figures": question.ask(options)}
    except Skipped as reason:
        answer = {"reason": str(reason)}
    write_text(options.out / "answers" / f"{name}.json", json.dumps(answer))


def ask_all(questions, command_of, out, budget, answers, lanes):
    """Asks questions: first several at the same time, then one by one those that measure times.

    Args:
        questions: Name -> `Question`.
        command_of: Function from a name to the command line for `ask`.
        out: Folder of answers and logs.
        budget: `Budget`.
        answers: `Answers`, to which rows are added as they come.
        lanes: Largest number of questions at the same time.
    """

    def answer(name):
        return ask(name, questions[name], command_of(name), out, budget)

    together = [name for name, question in questions.items() if not question.alone]
    with concurrent.futures.ThreadPoolExecutor(lanes) as pool:
        for future in concurrent.futures.as_completed([pool.submit(answer, n) for n in together]):
            report(answers, future.result())
    for name in questions:
        if questions[name].alone:
            report(answers, answer(name))


def report(answers, row):
    """Adds a row to the answers and prints it."""
    answers.append(row)
    found = json.dumps(row["figures"]) if "figures" in row else row["reason"]
    print(f"{row['question']}: {row['status']}, {row['seconds']:.0f} s: {found}", flush=True)


def table(rows):
    """Returns answers as a Markdown table.

    >>> print(table([{"question": "speed", "status": "answered", "seconds": 2.0,
    ...               "figures": {"ms": 3.14159}}]))
    | question | figure | value |
    |---|---|---|
    | speed (2 s) | ms | 3.142 |
    """
    lines = ["| question | figure | value |", "|---|---|---|"]
    for row in rows:
        name = f"{row['question']} ({row['seconds']:.0f} s)"
        figures = row.get("figures") or {row["status"]: row.get("reason", "")}
        for figure, value in figures.items():
            lines.append(f"| {name} | {figure} | {in_words(value)} |")
            name = ""
    return "\n".join(lines)


def in_words(value):
    """Returns a figure for a cell of a Markdown table."""
    if isinstance(value, list):
        return ", ".join(map(in_words, value))
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value).replace("|", "\\|").replace("\n", " ")
