"""Sends thousands of hostile requests to a server, and reports faults in refusing them.

    python tools/fuzz_server.py --cases 10000

Wrong types, NaN, huge counts, deep JSON, truncated bodies, slow clients, bad HTTP, huge headers,
wrong paths and methods, all drawn from --seed. Each response has to be 4xx, unless the client
closes the connection itself. At the end the server has to be healthy.
"""

import argparse
import asyncio
import collections
import pathlib
import random
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "tests"))
import hostile
from server_process import ServerProcess, copy_digits


def main():
    """Fuzzes a server."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--clients", type=int, default=32, help="at once (default: 32)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = ServerProcess(copy_digits(folder), "--timeout", 2)
        with server:
            before = server.memory()
            start = time.monotonic()
            found = asyncio.run(run(server, arguments))
            seconds = time.monotonic() - start
            told = server.log()
            tell(found, seconds)
            print(f"memory: {before:.0f} MB before, {server.memory():.0f} MB after")
            good = {"signature_name": "sample", "inputs": {"count": 2}}
            well = server.predict(good)[0] == 200 and server.request("GET", "/healthz")[0] == 200
        wrong = [key for key in found if key[2]]
        print(f"{len(wrong)} findings; " + ("the server is well" if well else "NOT WELL"))
        if "Traceback" in told:
            print(told[told.index("Traceback") :][:4000])
    return 1 if wrong or not well or "Traceback" in told else 0


async def run(server, arguments):
    """Sends all cases; returns `(kind, status, whether it is a finding)` -> count."""
    found, gate = collections.Counter(), asyncio.Semaphore(arguments.clients)
    numbers = random.Random(arguments.seed)

    async def one(name, case):
        async with gate:
            try:
                status = await hostile.send(case, server.port)
            except TimeoutError:
                status = "no end"
            wrong = status == "no end" or not hostile.acceptable(case, status)
        if wrong:
            print(f"FINDING {name} {status}: {case.parts[0][:300]}", flush=True)
        found[name, status, wrong] += 1

    waiting = set()
    for index in range(arguments.cases):
        name = draw_kind(numbers)
        case = hostile.KINDS[name](random.Random(arguments.seed * 10**9 + index))
        waiting.add(asyncio.ensure_future(one(name, case)))
        if len(waiting) >= 2 * arguments.clients:
            _, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.gather(*waiting)
    return found


def draw_kind(numbers):
    """Draws a kind of request; slow ones are rare, as each takes seconds."""
    rare = {"slow": 0.2, "deep": 0.3, "large_body": 0.3}
    return numbers.choices(list(hostile.KINDS), [rare.get(n, 1) for n in hostile.KINDS])[0]


def tell(found, seconds):
    """Prints the results of the cases."""
    print(f"{sum(found.values())} requests in {seconds:.0f} s")
    for name in hostile.KINDS:
        counts = {str(key[1]): n for key, n in sorted(found.items(), key=str) if key[0] == name}
        print(f"  {name:14} " + ", ".join(f"{status}: {n}" for status, n in counts.items()))


if __name__ == "__main__":
    sys.exit(main())
