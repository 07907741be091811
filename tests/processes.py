"""New processes that import nothing: they are forked from one that has imported the libraries.

TensorFlow is imported in that one but not started, so each is as new as one from a terminal.
"""

import multiprocessing
import os
import sys

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["keras_gan.cli", "keras_gan.runs", "tensorflow"])


def start(function, *arguments, output=os.devnull, **environment):
    """Calls a function in a new process; gives the `multiprocessing.Process`.

    Args:
        function: Of a module; its result, or 0 for None, is the exit code.
        arguments: Its arguments.
        output: The file that gets what it writes to the standard outputs.
        environment: More variables.
    """
    words = function, arguments, str(output), environment
    process = CONTEXT.Process(target=_call, args=words, daemon=True)
    process.start()
    return process


def exit_codes(*processes, seconds=600):
    """Waits for all processes; returns their exit codes, None for those that take too long."""
    for process in processes:
        process.join(seconds)
    return [process.exitcode for process in processes]


def _call(function, arguments, output, environment):
    os.environ.update(environment)
    with open(output, "w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.exit(function(*arguments))
