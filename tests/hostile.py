"""Requests that no server should answer with 200, for tests and tools/fuzz_server.py.

Each is a function of a `random.Random` that gives a `Case`.
"""

import asyncio
import dataclasses
import json

PREDICT = b"/v1/models/digits:predict"
NUMBERS = [
    *(-(2**63), -(2**31), -1, 0, 1025, 2**31, 2**32, 2**63, 2**64, 10**30, 10**400),
    *(1.5, 1e308, -0.5, "3", "", None, True, [], [1], {}, {"b64": "AA=="}),
]
WORDS = [b"NaN", b"Infinity", b"-Infinity", b"1e999", b"01", b"0x10", b"1_0", b"'1'", b"1,", b""]


@dataclasses.dataclass
class Case:
    """A request.

    Args:
        parts: Bytes to send, one after the other.
        pause: Seconds between the parts.
        cut: Whether the connection is closed in the middle: no answer is needed.
        harmless: Whether it may be a good request by chance.
    """

    parts: list
    pause: float = 0.0
    cut: bool = False
    harmless: bool = False


def post(body, path=PREDICT, headers=b"", length=None):
    """A whole POST request."""
    length = len(body) if length is None else length
    return b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n%b\r\n%b" % (
        *(path, length, headers),
        body,
    )


def wrong_scalar(random):
    """A sample whose count, seed, truncation or label is none."""
    name = random.choice(["count", "seed", "truncation", "label"])
    good = {"count": (), "seed": (0, 1025, 2**31, 2**32), "truncation": (0,), "label": (0, -1)}
    value = random.choice([v for v in NUMBERS if isinstance(v, bool) or v not in good[name]])
    inputs = {"count": 1, name: value}
    signature = random.choice(["sample", "sample_png"])
    return Case([post(json.dumps({"signature_name": signature, "inputs": inputs}).encode())])


def wrong_word(random):
    """JSON with a word in it that is none, or not finite."""
    word = random.choice(WORDS)
    body = b'{"inputs": {"latents": [[%b' % b",".join([word] * 32) + b']], "labels": [1]}}'
    return Case([post(body)])


def wrong_latents(random):
    """Latents of another shape or type, or labels that don't fit."""
    latents = [[random.gauss(0, 1) for _ in range(32)] for _ in range(random.randint(1, 4))]
    labels = [random.randrange(10) for _ in latents]
    row = random.choice(latents)
    action = random.randrange(7)
    if action == 0:
        row[random.randrange(32)] = random.choice(["x", None, True, [1.0], {}, 2**40, 1e39])
    elif action == 1:
        row.pop()
    elif action == 2:
        latents[0] = [latents[0]]
    elif action == 3:
        labels.append(1)
    elif action == 4:
        labels[0] = random.choice([-1, 10, 2**31, 1.0, "1", None, False, [1]])
    elif action == 5:
        latents = random.choice([[], [[]], {}, 1, "x", [[[]]], [row] * 1025])
    else:
        row[0] = 3e38
        row[1:] = [3e38] * 31
    columns = {"inputs": {"latents": latents, "labels": labels}}
    if isinstance(latents, list) and len(latents) == len(labels) and random.random() < 0.5:
        pairs = zip(latents, labels, strict=True)
        columns = {"instances": [{"latents": a, "labels": b} for a, b in pairs]}
    return Case([post(json.dumps(columns).encode())])


def wrong_request(random):
    """JSON of another form."""
    good = {"count": 1}
    content = random.choice(
        [
            *([], 1, None, "x", {}, {"inputs": good, "instances": [good]}, {"instances": []}),
            *({"instances": {}}, {"instances": [1]}, {"instances": [{}]}, {"instances": [[1]]}),
            *({"inputs": good}, {"inputs": None}, {"inputs": "x"}, {"inputs": [1]}),
            *({"signature_name": name, "inputs": good} for name in (1, None, "x", [], "é" * 99)),
            {"signature_name": "sample", "instances": [good]},
            {"signature_name": "sample", "inputs": {"seed": 1}},
            {"signature_name": "sample", "inputs": [1]},
        ]
    )
    return Case([post(json.dumps(content).encode())])


def deep(random):
    """JSON that is nested deeper than a parser's stack."""
    depth = random.choice([1000, 1025, 20_000, 1_000_000])
    opening = random.choice([b"[", b'{"inputs":', b'{"inputs":[['])
    closing = random.choice([b"]" * depth, b""])
    return Case([post((opening * depth)[:4_000_000] + closing[:100_000])])


def noise(random):
    """Bytes instead of JSON."""
    return Case([post(random.randbytes(random.choice([1, 10, 1000, 100_000])))])


def wrong_path(random):
    """A path or method that isn't there."""
    path = random.choice(
        [
            *(b"/v1", b"/v1/", b"/v1/models", b"/v1/models/", b"/v1/models/x", b"//", b"/..%2f"),
            *(b"/v1/models/digits/versions/9", b"/v1/models/digits/versions/x", b"/favicon.ico"),
            *(b"/v1/models/digits/versions/99999999999999999999", b"/v1/models/digits:predict"),
            *(b"/v1/models/digits/labels/x", b"/v1/models/digits/nothing", b"/v1/models/%00%ff"),
            *(b"/v1/models/x:predict", b"/v1/models/" + b"a" * 5000, b"/%2e%2e/%2e%2e/etc/passwd"),
            b"/v1/models/digits/sample.png?count=" + random.choice([*WORDS[:4], b"0", b"9" * 50]),
            b"/v1/models/digits/sample.png?" + random.choice([b"x=1", b"label=10", b"seed=-1"]),
        ]
    )
    method = random.choice([b"GET", b"GET", b"PUT", b"DELETE", b"PATCH", b"OPTIONS", b"TRACE"])
    return Case([b"%b %b HTTP/1.1\r\nHost: x\r\n\r\n" % (method, path)])


def wrong_http(random):
    """What is no HTTP."""
    good = post(b"{}")
    return Case(
        [
            random.choice(
                [
                    random.randbytes(random.randint(1, 200)) + b"\r\n\r\n",
                    b"GET / HTTP/9.9\r\n\r\n",
                    b"GET\r\n\r\n",
                    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + random.randbytes(100),
                    good.replace(b"Content-Length: 2", b"Content-Length: -2"),
                    good.replace(b"Content-Length: 2", b"Content-Length: x"),
                    good.replace(b"Content-Length: 2", b"Content-Length: 2\r\nContent-Length: 3"),
                    good.replace(b"Host: x", b"Transfer-Encoding: chunked"),
                    good.replace(b"Host: x", b"Host: \0"),
                    good.replace(b"Host: x", b"Ho st: x"),
                    good.replace(b"POST", b"POST" * 20),
                    good.replace(b"Content-Length: 2", b"Transfer-Encoding: chunked"),
                    b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n",
                    b"GET \xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
                    b"GET http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n",
                ]
            )
        ]
    )


def large_headers(random):
    """More headers than anybody has."""
    size = random.choice([40_000, 300_000, 1_000_000])
    lines = random.choice([b"X: " + b"a" * size, b"X: 1\r\n" * (size // 6), b"a" * size + b": 1"])
    ending = random.choice([b"\r\n\r\n", b""])
    return Case([b"GET / HTTP/1.1\r\n" + lines.rstrip() + ending])


def large_body(random):
    """More bytes than may be, with their number said or not."""
    if random.random() < 0.5:
        length = random.choice([2**22 + 1, 10**12, 10**18])
        return Case([post(b" " * 100_000, length=length)])
    start = b"POST %b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" % PREDICT
    return Case([start, *[b"10000\r\n" + b" " * 2**16 + b"\r\n"] * 70])


def cut_short(random):
    """A client that goes in the middle of its request, or before the answer."""
    whole = post(b'{"signature_name": "sample_png", "inputs": {"count": 64}}')
    return Case([whole[: random.randrange(1, len(whole) + 1)]], cut=True)


def slow(random):
    """A client that sends a byte now and then."""
    whole = post(b'{"signature_name": "sample", "inputs": {"count": 1}}')
    start = random.randrange(len(whole) - 40)
    return Case([whole[:start], *(bytes([byte]) for byte in whole[start:])], pause=0.3)


def flipped(random):
    """A good request with a few bits turned."""
    whole = bytearray(post(b'{"signature_name": "sample", "inputs": {"count": 1, "seed": 7}}'))
    for _ in range(random.randint(1, 4)):
        whole[random.randrange(len(whole))] ^= 1 << random.randrange(8)
    return Case([bytes(whole)], harmless=True)


KINDS = {
    kind.__name__: kind
    for kind in (
        *(wrong_scalar, wrong_word, wrong_latents, wrong_request, deep, noise, wrong_path),
        *(wrong_http, large_headers, large_body, cut_short, slow, flipped),
    )
}


async def send(case, port, seconds=30):
    """Sends a case; returns the status of the answer, or None where there is none."""
    async with asyncio.timeout(seconds):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        answer = asyncio.ensure_future(read_status(reader))
        try:
            for part in case.parts:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(case.pause)
                if answer.done():
                    break
            if case.cut:
                return None
            return await answer
        except ConnectionError:
            return await answer
        finally:
            answer.cancel()
            writer.close()


async def read_status(reader):
    """The status of an answer; None where the connection ends without one."""
    try:
        line = await reader.readline()
        return int(line.split()[1]) if line else None
    except ConnectionError:
        return None


def acceptable(case, status):
    """Whether a case ended as it should."""
    if status is None:
        return case.cut or case.harmless
    return 400 <= status < 500 or (case.harmless and status == 200)
