"""`keras-gan serve` under many, slow, large and hostile requests."""

import asyncio
import concurrent.futures
import contextlib
import gzip
import http.client
import json
import random
import socket
import time

import hostile
import pytest
from served import MODEL, near, open_socket, pixels, read_metrics, sample, wait_until
from server_process import ServerProcess, copy_digits

# Compressed.


def test_bodies_may_be_compressed_by_gzip(server):
    body, path = json.dumps(sample(2, seed=5)).encode(), f"{MODEL}:predict"
    whole, by_gzip = gzip.compress(body), {"Content-Encoding": "gzip"}
    plain = server.request("POST", path, body, {"Content-Encoding": "identity"})
    compressed = server.request("POST", path, whole, by_gzip)
    assert (compressed[0], compressed[2]) == (200, plain[2])
    for content, encoding, status, message in (
        (gzip.compress(b" " * 10**8), "gzip", 413, "expected at most 300000 bytes without gzip"),
        (body, "gzip", 400, "expected a body by gzip, but: "),
        (whole[:-9], "gzip", 400, "expected one complete body by gzip"),
        (whole + whole, "gzip", 400, "expected one complete body by gzip"),
        (body, "br", 415, "expected a body without compression or by gzip, got br"),
    ):
        found = server.request("POST", path, content, {"Content-Encoding": encoding})
        assert found[0] == status
        assert message in json.loads(found[2])["error"]


# Together.


def test_concurrent_requests_share_batches_and_get_their_own(server, generator):
    def ask(seed):
        return pixels(server.predict(sample(1 + seed % 5, seed=seed, label=seed % 10)))

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        found = list(pool.map(ask, range(64)))
    for seed, images in enumerate(found):
        assert near(images, generator.sample(1 + seed % 5, seed=seed, label=seed % 10))
    metrics = read_metrics(server)
    batches, samples = (metrics[f"keras_gan_batch_samples_{end}"] for end in ("count", "sum"))
    assert samples > batches


def test_metrics_count_by_signature_and_status(server):
    before = read_metrics(server, signature="sample_png", status="400")
    server.predict({"signature_name": "sample_png", "inputs": {"count": 0}})
    after = read_metrics(server, signature="sample_png", status="400")
    name = "keras_gan_requests_total"
    assert after[name] == before.get(name, 0) + 1
    metrics = read_metrics(server)
    assert metrics["keras_gan_version"] == 1
    assert metrics["keras_gan_queued_samples"] == 0
    assert metrics["keras_gan_request_seconds_count"] > 0
    assert metrics["process_resident_memory_bytes"] > 2**20


def test_a_full_queue_says_when_to_come_again(tmp_path):
    with ServerProcess(copy_digits(tmp_path), "--max-count", 64, "--batch-size", 8) as server:
        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            body = json.dumps(sample(64))
            ask = lambda _: server.request("POST", f"{MODEL}:predict", body)  # noqa: E731
            found = list(pool.map(ask, range(96)))
        assert {status for status, _, _ in found} == {200, 503}
        assert {headers["retry-after"] for status, headers, _ in found if status == 503} == {"1"}
        assert server.predict(sample(64))[0] == 200


def test_requests_whose_clients_are_gone_are_dropped(server):
    name = "keras_gan_requests_total"
    before = read_metrics(server, status="499").get(name, 0)
    for _ in range(8):
        with contextlib.closing(open_socket(server)) as connection:
            connection.sendall(hostile.post(json.dumps(sample(256)).encode()))
    assert wait_until(lambda: read_metrics(server, status="499").get(name, 0) > before)
    assert server.predict(sample(1))[0] == 200


def read_all(connection):
    """Reads until the server closes the connection."""
    parts = []
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(2**16):
            parts.append(part)
    return b"".join(parts)


def test_a_large_body_is_refused_before_it_is_read(server):
    with contextlib.closing(open_socket(server)) as connection:
        connection.sendall(hostile.post(b"", length=10**12))
        assert b" 413 " in connection.recv(1000)
    status, _, _ = server.request("POST", f"{MODEL}:predict", iter([b" " * 10_000] * 40))
    assert status == 413
    assert server.predict(b" " * 299_000)[0] == 400


@pytest.mark.parametrize(
    "start", [b"POST /v1/models/digits:pre", hostile.post(b'{"inputs": ', length=1000)]
)
def test_a_slow_client_is_cut_off(start, server):
    with contextlib.closing(open_socket(server)) as connection:
        connection.sendall(start[:-3])
        begun = time.monotonic()
        for byte in start[-3:]:
            time.sleep(0.3)
            connection.sendall(bytes([byte]))
        assert b" 408 " in read_all(connection)
        assert time.monotonic() - begun < 10


def test_an_idle_connection_is_closed(server):
    with contextlib.closing(open_socket(server)) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b" 200 " in read_all(connection)


def test_a_client_that_takes_no_answer_is_cut_off(tmp_path):
    with ServerProcess(copy_digits(tmp_path), "--timeout", 0.5) as server:
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", server.port))
        with contextlib.closing(connection):
            connection.sendall(hostile.post(json.dumps(sample(1024)).encode()) * 2)
            connection.recv(1)
            held = server.connections()
            assert wait_until(lambda: server.connections() < held)


def test_large_headers_are_refused(server):
    for size in (40_000, 3_000_000):
        with contextlib.closing(open_socket(server)) as connection:
            with contextlib.suppress(ConnectionError):
                connection.sendall(b"GET / HTTP/1.1\r\nX: " + b"a" * size + b"\r\n\r\n")
            assert b" 431 " in connection.recv(1000)


def test_there_are_so_many_connections_and_no_more(server):
    with contextlib.ExitStack() as stack:
        many = [stack.enter_context(contextlib.closing(open_socket(server))) for _ in range(520)]
        refused = read_all(many[-1])
        assert b" 503 " in refused
        assert b"retry-after: 1" in refused
        many[100].sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b" 200 " in many[100].recv(1000)
    assert wait_until(lambda: server.predict(sample(1))[0] == 200)


def test_one_connection_serves_many_requests(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    with contextlib.closing(connection):
        for content, status in ((sample(1), 200), (sample(0), 400), (b" " * 400_000, 413)) * 2:
            body = content if isinstance(content, bytes) else json.dumps(content)
            connection.request("POST", f"{MODEL}:predict", body)
            answer = connection.getresponse()
            assert (answer.status, bool(answer.read())) == (status, True)


def test_hostile_requests_are_refused(server):
    async def run():
        gate = asyncio.Semaphore(16)

        async def one(index):
            kind = list(hostile.KINDS.values())[index % len(hostile.KINDS)]
            case = kind(random.Random(index))
            async with gate:
                return kind.__name__, hostile.acceptable(
                    case, await hostile.send(case, server.port)
                )

        return await asyncio.gather(*map(one, range(300)))

    assert {name for name, fine in asyncio.run(run()) if not fine} == set()
    assert server.predict(sample(1))[0] == 200
