"""Worker that loads a server with clients; each sends a request as soon as it has an answer.

The argument is JSON: `port`, `clients`, `seconds`,
`count`, `signature`. See `alternate.py` for the protocol.
"""

import asyncio
import json
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from alternate import serve

HEAD = b"POST /v1/models/digits:predict HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b"


async def client(task, number, end, found):
    """Sends requests over one connection until `end`.

    Args:
        task: The task of the worker.
        number: Number of the client, which determines its seeds.
        end: End on the clock of `time.perf_counter`.
        found: List to which `(seconds, status)` of each request is appended.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", task["port"])
    seed = number * 10**9
    while time.perf_counter() < end:
        seed += 1
        inputs = {"count": task["count"], "seed": seed}
        body = json.dumps({"signature_name": task["signature"], "inputs": inputs}).encode()
        start = time.perf_counter()
        try:
            writer.write(HEAD % (len(body), body))
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            size = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
            await reader.readexactly(size)
            status = int(head.split()[1])
        except (OSError, asyncio.IncompleteReadError):
            status = 0
        found.append((time.perf_counter() - start, status))
        if not status:
            reader, writer = await asyncio.open_connection("127.0.0.1", task["port"])
    writer.close()


async def run(task):
    """Runs all clients for the task's seconds; returns the results of the round."""
    found, start = [], time.perf_counter()
    end = start + task["seconds"]
    await asyncio.gather(*(client(task, n, end, found) for n in range(task["clients"])))
    took = time.perf_counter() - start
    good = [seconds for seconds, status in found if status == 200]
    return {
        "images_per_second": len(good) * task["count"] / took,
        "seconds": good,
        "errors": len(found) - len(good),
    }


if __name__ == "__main__":
    task = json.loads(sys.argv[1])
    serve(lambda: asyncio.run(run(task)), {})
