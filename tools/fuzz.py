"""Reads thousands of damaged and hostile files of each kind, and reports faults in refusing them.

python tools/fuzz.py --cases 2000
python tools/fuzz.py --kinds npz --cases 20000 --seed 1
python tools/fuzz.py --again fuzz/npz-3

Each case has to give a result or one of the package's errors, within limits of time and memory.
Other cases are findings: they are saved in --out, and --again reads them again.
"""

import argparse
import collections
import faulthandler
import pathlib
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "tests"))
from keras_gan.errors import KerasGanError

import hypothesis
from fuzzing import KINDS, cases, write_case

MEGABYTE = 2**20


class Hang(BaseException):
    """A case that exceeds its time."""


def main():
    """Fuzzes the requested kinds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=2000, help="a kind (default: 2000)")
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=list(KINDS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("fuzz"))
    parser.add_argument("--seconds", type=float, default=20, help="a case may take (default: 20)")
    parser.add_argument("--megabytes", type=float, default=1024, help="a case may grow by")
    parser.add_argument("--again", type=pathlib.Path, help="reads one finding again")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGALRM, on_alarm)
    if arguments.again:
        print(KINDS[arguments.again.name.partition("-")[0]].read(arguments.again))
        return 0
    told = [Fuzz(name, arguments).run() for name in arguments.kinds]
    print(f"{sum(told)} findings" + (f", kept in {arguments.out}" if sum(told) else ""))
    return 1 if sum(told) else 0


def on_alarm(number, frame):
    """Ends a case that exceeds its time."""
    raise Hang("too slow")


class Fuzz:
    """The cases of one kind, and their results."""

    def __init__(self, name, arguments):
        self.name, self.arguments, self.kind = name, arguments, KINDS[name]
        self.results, self.findings, self.growth = 0, collections.Counter(), 0
        self.errors, self.slowest = collections.Counter(), 0.0

    def run(self):
        """Reads all cases; returns the number of different findings."""
        start = time.monotonic()
        case = hypothesis.given(cases(self.name))(self.read)
        case = hypothesis.seed(self.arguments.seed)(case)
        hypothesis.settings(
            max_examples=self.arguments.cases,
            deadline=None,
            database=None,
            phases=[hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )(case)()
        self.tell(time.monotonic() - start)
        return len(self.findings)

    def read(self, files):
        """Reads one case."""
        folder = pathlib.Path(tempfile.mkdtemp())
        try:
            write_case(folder, files)
            start, before = time.monotonic(), memory("VmRSS")
            forget_peak()
            self.classify(folder, files)
            grown = memory("VmHWM") - before
            self.growth = max(self.growth, grown)
            self.slowest = max(self.slowest, time.monotonic() - start)
            if grown > self.arguments.megabytes:
                self.keep(files, f"grew by {grown:.0f} MB")
        finally:
            shutil.rmtree(folder)

    def classify(self, folder, files):
        """Counts a case's result or error."""
        signal.setitimer(signal.ITIMER_REAL, self.arguments.seconds)
        faulthandler.dump_traceback_later(10 * self.arguments.seconds, exit=True)
        try:
            self.kind.read(folder)
            self.results += 1
        except KerasGanError as error:
            self.errors[f"{type(error).__name__}: {shape_of(error, folder)}"] += 1
        except (Exception, Hang) as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{pathlib.Path(place.filename).name}:{place.lineno}"
            self.keep(files, f"{type(error).__name__} at {where}", traceback.format_exc())
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            faulthandler.cancel_dump_traceback_later()

    def keep(self, files, told, text=""):
        """Saves the first case of each finding."""
        if told not in self.findings:
            folder = self.arguments.out / f"{self.name}-{len(self.findings)}"
            shutil.rmtree(folder, ignore_errors=True)
            write_case(folder, {**files, "finding.txt": f"{told}\n{text}".encode()})
        self.findings[told] += 1

    def tell(self, seconds):
        """Prints the results of the cases."""
        errors = sum(self.errors.values())
        cases = self.results + errors + sum(self.findings.values())
        print(
            f"{self.name}: {cases} cases, "
            f"{self.results} results, {errors} own errors, {len(self.findings)} findings; "
            f"{seconds:.0f} s, the slowest {self.slowest:.1f} s, "
            f"grew by {self.growth:.0f} MB at most"
        )
        for told, count in self.errors.most_common(12):
            print(f"  {count:6} {told}")
        for index, (told, count) in enumerate(self.findings.items()):
            print(f"  FINDING {self.name}-{index}, {count} times: {told}")
        sys.stdout.flush()


def shape_of(error, folder):
    """Returns an error message without the parts that differ from case to case."""
    text = str(error).replace(str(folder), "RUN")
    return re.sub(r"'[^']*'|\d[\d,.]*|\(.*\)", "_", text)[:90]


def memory(name):
    """Returns the resident memory of the process (VmRSS), or its peak (VmHWM), in MB."""
    for line in pathlib.Path("/proc/self/status").read_text("utf-8").splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024 / MEGABYTE
    raise LookupError(name)


def forget_peak():
    """Resets the peak of the memory."""
    pathlib.Path("/proc/self/clear_refs").write_text("5", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
