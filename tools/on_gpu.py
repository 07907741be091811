"""Answers all questions about a GPU in one go, trains with the time that is left, packs the result.

    python tools/on_gpu.py --out measured                     # on a machine with a GPU
    python tools/on_gpu.py --out measured --minutes 9 --train "stylegan2_ada --data cats.zip"
    python tools/on_gpu.py --out measured --only "step of dcgan" --minutes 2
    python tools/on_gpu.py --out measured --quick --minutes 20    # tiny sizes, on a processor

First come the questions about numbers and compiling, several at the same time, so that compile
times are those of a busy machine; then, one by one, those that measure steps, commands and memory.
Each has a process of its own with a time limit, so that a hang or too little memory doesn't end the
others. They are asked in the order of `gpu/questions.py`, as long as there is time.

`OUT/figures.json` has each answer as soon as it is known, `OUT/logs` what the processes wrote, and
`OUT/run` the training, which `keras-gan train` resumes. All three are packed in `--parts`, in files
below 16 MB; the last line says how to join them. PyTorch's twins are left out where torch isn't
installed. With `--quick` XLA is left out, and the figures mean nothing.
"""

import argparse
import dataclasses
import os
import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "benchmark"))

from gpu import packing, plan, questions, tasks

NO_GPU = 3  # exit code


@dataclasses.dataclass(frozen=True)
class Options:
    """What the questions know.

    Attributes:
        out: Folder of the results.
        quick: Whether sizes are tiny.
    """

    out: pathlib.Path
    quick: bool


def read_arguments():
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder of the results")
    parser.add_argument("--parts", type=pathlib.Path, help="(default: OUT/parts)")
    parser.add_argument("--minutes", type=float, default=8.0, help="for all (default: 8)")
    parser.add_argument("--only", nargs="*", metavar="QUESTION", help="(default: all questions)")
    parser.add_argument("--train", metavar="WORDS", help="arguments of `keras-gan train`")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, for a processor")
    parser.add_argument("--answer", help=argparse.SUPPRESS)  # a question, in this process
    return parser.parse_args()


def main():
    arguments = read_arguments()
    options = Options(arguments.out.absolute(), arguments.quick)
    known = {"machine": questions.MACHINE, **questions.all_questions()}
    if arguments.answer:
        return plan.write_answer(arguments.answer, known[arguments.answer], options)
    chosen = known if arguments.only is None else {"machine": known["machine"]}
    for name in arguments.only or ():
        if name not in known:
            raise SystemExit(f"expected a question, got {name!r}; known: {', '.join(known)}.")
        chosen[name] = known[name]
    budget = plan.Budget(60 * arguments.minutes)
    shutil.rmtree(options.out / "scratch", ignore_errors=True)
    cache = {"KERAS_GAN_COMPILATION_CACHE": str(options.out / "scratch" / "xla")}
    os.environ.update(tasks.unset_flags(), **cache)
    answers = plan.Answers(options.out / "figures.json")
    has_gpu = ask_chosen(chosen, options, budget, answers)
    if has_gpu and arguments.train:
        from gpu import commands

        plan.report(answers, commands.train(arguments.train, options, budget))
    print(f"\n{plan.table(answers.rows)}\n")
    pack(options, arguments.parts or options.out / "parts")
    return 0 if has_gpu else NO_GPU


def ask_chosen(chosen, options, budget, answers):
    """Asks the questions, unless there is no GPU to ask; returns whether there is one."""

    def command_of(name):
        quick = ["--quick"] if options.quick else []
        return [sys.executable, __file__, "--out", options.out, "--answer", name, *quick]

    machine = {"machine": chosen["machine"]}
    lanes = max((os.cpu_count() or 2) // 2, 1)
    plan.ask_all(machine, command_of, options.out, budget, answers, lanes)
    if not options.quick and not answers.rows[0].get("figures", {}).get("GPUs"):
        print("TensorFlow sees no GPU; --quick tries the questions on a processor.")
        return False
    rest = {name: question for name, question in chosen.items() if name not in machine}
    plan.ask_all(rest, command_of, options.out, budget, answers, lanes)
    return True


def pack(options, folder):
    """Packs the results and prints how to unpack them."""
    archive = folder / "on_gpu.tar"
    parts = packing.pack([options.out / n for n in ("figures.json", "logs", "run")], archive)
    print(f"{len(parts)} parts in {folder}; join them there: {packing.join_line(archive)}")


if __name__ == "__main__":
    sys.exit(main())
