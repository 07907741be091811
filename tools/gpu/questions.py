"""The questions, in the order of their importance."""

import functools
import importlib

from gpu.plan import Question
from gpu.tasks import allow_any_kernels

DETERMINISTIC = "dcgan", "quick", "sngan", "stylegan2"
NO_CACHE = {"KERAS_GAN_COMPILATION_CACHE": "off"}


def answer(module, function, *arguments):
    """Calls a question's function; its module is imported in the question's own process."""
    return getattr(importlib.import_module(f"gpu.{module}"), function)(*arguments)


def asks(module, function, *arguments):
    """Returns a question's function of the options."""
    return functools.partial(answer, module, function, *arguments)


numerics, times, commands = (
    functools.partial(asks, module) for module in ("numerics", "times", "commands")
)
MACHINE = Question(numerics("describe_machine"), 60)
# Those that run together also fill the cache of compiled steps for those that are.
TOGETHER = {
    **{f"compile {name}": (times("compile_step", name), 240) for name in ("r3gan", *DETERMINISTIC)},
    "train quick": (commands("train_quick"), 150),
    "exports with TF32": (numerics("compare_exports"), 120),
    "resume": (numerics("resume"), 180),
}
COMPILE_ANY_KERNELS = {
    f"compile {name}, any kernels": (times("compile_step", name), 240) for name in DETERMINISTIC
}
ALONE = {
    "step of dcgan": (times("time_step", "dcgan"), 120),
    "fit of dcgan": (times("time_fit", "dcgan"), 120),
    "fit of quick": (times("time_fit", "quick"), 90),
    "step of r3gan": (times("time_step", "r3gan"), 240),
    "step of stylegan2": (times("time_step", "stylegan2"), 120),
    **{f"determinism of {n}": (times("cost_of_determinism", n), 90) for n in DETERMINISTIC},
    "sample and evaluate": (commands("time_sample"), 120),
    "two at a time": (times("run_two_at_a_time"), 90),
    "out of memory": (commands("run_out_of_memory"), 90),
    "operations of r3gan": (times("time_operations"), 90),
}


def all_questions():
    """Returns name -> `Question`, without `MACHINE`."""
    any_kernels = allow_any_kernels()
    found = {"float64": Question(numerics("compare_with_float64"), 90, False, NO_CACHE)}
    found |= {name: Question(*each, alone=False) for name, each in TOGETHER.items()}
    found |= {
        name: Question(*each, alone=False, environment=any_kernels)
        for name, each in COMPILE_ANY_KERNELS.items()
    }
    return found | {name: Question(*each) for name, each in ALONE.items()}
