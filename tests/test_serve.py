"""`keras-gan serve`: a real process, asked over real connections."""

import asyncio
import base64
import concurrent.futures
import contextlib
import html.parser
import http.client
import io
import json
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

from keras_gan_runtime import Generator
from keras_gan_runtime.command import main
from keras_gan_runtime.generator import to_uint8

import hostile
import numpy as np
import prometheus_client.parser
import pytest
from google.protobuf import json_format
from PIL import Image
from server_process import GENERATOR, ServerProcess, add_version, copy_digits
from tensorflow_serving.apis import get_model_metadata_pb2, get_model_status_pb2

MODEL = "/v1/models/digits"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server of the shipped digits."""
    folder = copy_digits(tmp_path_factory.mktemp("served"))
    with ServerProcess(folder, "--timeout", 2, "--max-body", 300_000, "--max-count", 256) as server:
        yield server
        assert "Traceback" not in server.log()


@pytest.fixture(scope="module")
def generator():
    return Generator(GENERATOR)


def columns(generator, count, seed=0):
    """The inputs of `serving_default`."""
    labels = [index % 10 for index in range(count)]
    return {"latents": generator.latents(count, seed).tolist(), "labels": labels}


def sample(count, **values):
    return {"signature_name": "sample", "inputs": {"count": count, **values}}


def pixels(answer):
    status, content = answer
    assert status == 200, content
    return np.array(content["outputs"], np.uint8)


def near(images, wanted):
    """Equal, but for what onnxruntime rounds otherwise in a batch of another size."""
    difference = np.abs(images.astype(int) - to_uint8(wanted).astype(int))
    return images.shape == wanted.shape and difference.max() <= 1


# TF Serving's API.


def test_status_is_tf_servings(server):
    for path in (MODEL, f"{MODEL}/versions/1", "/V1/MODELS/digits"):
        status, headers, body = server.request("GET", path)
        assert (status, headers["content-type"]) == (200, "application/json")
        told = json_format.Parse(body, get_model_status_pb2.GetModelStatusResponse())
        assert json.loads(body) == {
            "model_version_status": [
                {
                    "version": "1",
                    "state": "AVAILABLE",
                    "status": {"error_code": "OK", "error_message": ""},
                }
            ]
        }
        assert told.model_version_status[0].state == told.model_version_status[0].AVAILABLE


def test_metadata_is_tf_servings(server):
    status, _, body = server.request("GET", f"{MODEL}/metadata")
    content = json.loads(body)
    assert status == 200
    assert content["model_spec"] == {"name": "digits", "signature_name": "", "version": "1"}
    found = json_format.ParseDict(
        content["metadata"]["signature_def"], get_model_metadata_pb2.SignatureDefMap()
    ).signature_def
    shapes = {
        (key, name): (tensor.dtype, [dim.size for dim in tensor.tensor_shape.dim])
        for key, signature in found.items()
        for name, tensor in (*signature.inputs.items(), *signature.outputs.items())
    }
    assert shapes["serving_default", "latents"] == (1, [-1, 32])
    assert shapes["serving_default", "labels"] == (3, [-1])
    assert shapes["serving_default", "images"] == (1, [-1, 28, 28, 1])
    assert shapes["sample", "images"] == (4, [-1, 28, 28, 1])
    assert shapes["sample_png", "png_bytes"] == (7, [])
    assert shapes["sample_png", "count"] == (3, [])
    defaults = found["sample"].defaults
    assert list(defaults["seed"].int64_val) == [0]
    assert list(defaults["truncation"].float_val) == [1.0]
    assert list(defaults["label"].int_val) == [-1]
    assert {signature.method_name for signature in found.values()} == {"tensorflow/serving/predict"}


def test_columns_and_rows_are_the_generators_images(server, generator):
    inputs = columns(generator, 5)
    wanted = generator.session.run(
        None, {"latents": generator.latents(5), "labels": np.array(inputs["labels"], "int32")}
    )[0]
    status, content = server.predict({"inputs": inputs})
    assert (status, list(content)) == (200, ["outputs"])
    images = np.array(content["outputs"], "float32")
    assert images.shape == (5, 28, 28, 1)
    assert np.abs(images - wanted).max() < 1e-5
    pairs = zip(inputs["latents"], inputs["labels"], strict=True)
    rows = [{"latents": latents, "labels": label} for latents, label in pairs]
    status, content = server.predict(
        {"signature_name": "serving_default", "instances": rows}, f"{MODEL}/versions/1:predict"
    )
    assert (status, list(content)) == (200, ["predictions"])
    assert np.abs(np.array(content["predictions"], "float32") - wanted).max() < 1e-5


def test_samples_are_generator_samples(server, generator):
    images = pixels(server.predict(sample(7, seed=2**40, truncation=0.5, label=3)))
    assert near(images, generator.sample(7, seed=2**40, label=3, truncation=0.5))
    in_turn = pixels(server.predict(sample(12)))
    assert near(in_turn, generator.sample(12, label=np.arange(12) % 10))


def test_a_request_larger_than_a_batch_is_computed_in_parts(server, generator):
    images = pixels(server.predict(sample(150, seed=4, label=8)))
    assert near(images, generator.sample(150, seed=4, label=8))


def test_pictures_are_grids_of_the_samples(server):
    images = pixels(server.predict(sample(5, seed=1)))
    content = {"signature_name": "sample_png", "inputs": {"count": 5, "seed": 1}}
    status, answer = server.predict(content)
    assert (status, list(answer["outputs"])) == (200, ["b64"])
    grid = np.zeros((2, 3, 28, 28), "uint8")
    grid.reshape(6, 28, 28)[:5] = images[..., 0]
    wanted = grid.swapaxes(1, 2).reshape(56, 84)
    status, headers, picture = server.request("GET", f"{MODEL}/sample.png?count=5&seed=1")
    assert (status, headers["content-type"]) == (200, "image/png")
    for png in (base64.b64decode(answer["outputs"]["b64"]), picture):
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(png))), wanted)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_pngs_of_every_number_of_channels(channels):
    from keras_gan_runtime.server.png import png

    image = np.random.default_rng(0).integers(0, 256, (5, 7, channels), dtype=np.uint8)
    read = np.asarray(Image.open(io.BytesIO(png(image))))
    assert np.array_equal(read.reshape(image.shape), image)


@pytest.mark.parametrize(
    ("method", "path", "status", "told"),
    [
        ("GET", "/v1/models/x", 404, "Could not find any versions of model x"),
        ("GET", f"{MODEL}/versions/7", 404, "Could not find version 7 of model digits"),
        ("GET", "/v1/models/x/metadata", 404, "Servable not found for request: Latest(x)"),
        ("GET", "/v1/models", 400, "Missing model name in request."),
        ("GET", "/v1/foo", 400, "Malformed request: GET /v1/foo"),
        ("GET", f"{MODEL}:predict", 400, f"Malformed request: GET {MODEL}:predict"),
        ("PUT", f"{MODEL}:predict", 400, f"Malformed request: PUT {MODEL}:predict"),
        ("POST", MODEL, 400, f"Malformed request: POST {MODEL}"),
        ("GET", f"{MODEL}/labels/x", 400, "Unrecognized servable version label: x"),
        ("GET", f"{MODEL}/versions/{2**64}", 400, "Failed to convert version: "),
        ("GET", f"{MODEL}/sample.png?count=0", 400, "expected count from 1 to 256, got 0."),
        ("GET", f"{MODEL}/sample.png?truncation=nan", 400, "expected truncation from 0 to 1"),
        ("GET", f"{MODEL}/sample.png?label=x", 400, "expected a whole number for label"),
        ("GET", "/x", 404, "Not Found"),
    ],
)
def test_paths_that_are_not_there(method, path, status, told, server):
    found, _, body = server.request(method, path)
    assert found == status
    assert json.loads(body)["error"].startswith(told)


GOOD_ROW = {"latents": [0.0] * 32, "labels": 1}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "JSON Parse error: The document is empty"),
        (b"instances = [1]", "JSON Parse error: "),
        ([1], "JSON Value: [1] Is not object"),
        ({"signature_name": 1}, 'JSON Value: {"signature_name":1} not formatted correctly. '),
        ({"signature_name": "x"}, 'Serving signature name: "x" not found in signature def'),
        ({}, "Missing 'inputs' or 'instances' key"),
        ({"inputs": 1, "instances": 1}, 'JSON Value: {"inputs":1,"instances":1} Not formatted '),
        ({"instances": 1}, "JSON Value: {\"instances\":1} Excepting 'instances' to be an list"),
        ({"instances": []}, "JSON Value: {\"instances\":[]} No values in 'instances' array"),
        ({"instances": [[1.0]]}, "instances is a plain list, but expecting list of objects as"),
        ({"instances": [GOOD_ROW, 1]}, "Expecting object but got list at item 1 of input list"),
        (
            {"instances": [GOOD_ROW, {"latents": []}]},
            "Failed to process element: 1 of 'instances' list. JSON object: {\"latents\":[]} keys "
            "must be equal to: labels,latents",
        ),
        (
            {"instances": [{**GOOD_ROW, "x": 1}]},
            "Failed to process element: 0 key: x of 'instances' list. Error: INVALID_ARGUMENT: "
            "JSON object: does not have named input: x",
        ),
        (
            {"instances": [GOOD_ROW, {**GOOD_ROW, "labels": 1.0}]},
            "Failed to process element: 1 key: labels of 'instances' list. Error: "
            "INVALID_ARGUMENT: JSON Value: 1.0 Type: Number is not of expected type: int32",
        ),
        (
            {"instances": [GOOD_ROW, {**GOOD_ROW, "latents": [0.0]}]},
            "Failed to process element: 1 key: latents of 'instances' list. Error: "
            "INVALID_ARGUMENT: Expecting shape [32] but got: [1]",
        ),
        ({"inputs": [1]}, "inputs is a plain value/list, but expecting an object as multiple"),
        ({"inputs": {"latents": [[0.0] * 32]}}, "Missing named input: labels in 'inputs' object."),
        (sample("3"), 'JSON Value: "3" Type: String is not of expected type: int32'),
        (sample(True), "JSON Value: true Type: True is not of expected type: int32"),
        (sample(None), "JSON Value: null Type: Null is not of expected type: int32"),
        (sample({"b64": "AA=="}), 'JSON Value: {"b64":"AA=="} Type: Object is not of expected'),
        (sample(2**31), "JSON Value: 2147483648 Type: Number is not of expected type: int32"),
        (sample(1, seed=2**63), "JSON Value: 9223372036854775808 Type: Number is not of expected"),
        (sample(1, truncation=2**24), "Cannot convert JSON value: 16777216 to float without loss"),
        (sample(1, truncation=1e39), "Cannot convert JSON value: 1e+39 to float without loss"),
        (sample([1]), "expected count of shape [], got [1]."),
        (sample(0), "expected count from 1 to 256, got 0."),
        (sample(257), "expected count from 1 to 256, got 257."),
        (sample(1, seed=-1), "expected seed from 0 to 9223372036854775807, got -1."),
        (sample(1, label=10), "expected label from -1 to 9, got 10."),
        (sample(1, truncation=1.5), "expected truncation from 0 to 1, got 1.5."),
        ({"inputs": {"latents": [[0.0] * 31], "labels": [1]}}, "expected latents of shape [-1,32]"),
        ({"inputs": {"latents": [], "labels": []}}, "expected latents of shape [-1,32], got [0]."),
        ({"inputs": {"latents": [[0.0], 1], "labels": [1]}}, "JSON Value: 1 found at incorrect"),
        (
            {"inputs": {"latents": [[0.0], []], "labels": [1]}},
            "Encountered list at unexpected size",
        ),
        ({"inputs": {"latents": [0.0, [1]], "labels": 1}}, "Encountered list at unexpected level"),
        (
            {"inputs": {"latents": [[0.0] * 32], "labels": [1, 2]}},
            "expected as many labels as latents, got 2 and 1.",
        ),
        ({"inputs": {"latents": [[0.0] * 32], "labels": [10]}}, "expected every label from 0 to 9"),
        ({"inputs": {"latents": [[0.0] * 32] * 257, "labels": [1] * 257}}, "expected rows from 1"),
        ({"inputs": {"latents": [[3e38] * 32], "labels": [1]}}, "expected latents whose samples"),
        (b'{"inputs": {"latents": [[NaN]], "labels": [1]}}', "JSON Parse error: "),
        (b"[" * 100_000, "JSON Parse error: "),
        (b"[" * 300 + b"]" * 300, "JSON Value: ... Is not object"),
        (
            {"inputs": {"latents": json.loads("[" * 99 + "]" * 99), "labels": 1}},
            "expected lists ne",
        ),
    ],
)
def test_bad_input_is_told_of(content, told, server):
    status, answer = server.predict(content)
    assert status == 400
    assert answer["error"].startswith(told)


def test_names_that_are_not_there_come_after_json(server):
    assert server.predict(b"", "/v1/models/x:predict")[0] == 400
    status, answer = server.predict(sample(1), "/v1/models/x:predict")
    assert (status, answer["error"]) == (404, "Servable not found for request: Latest(x)")
    _, answer = server.predict(sample(1), f"{MODEL}/versions/7:predict")
    assert answer["error"] == "Servable not found for request: Specific(digits, 7)"
    status, answer = server.predict(sample(1), f"{MODEL}:classify")
    assert status == 400
    assert "to be tensorflow/serving/classify. Was: tensorflow/serving/predict" in answer["error"]


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


def read_metrics(server, **labels):
    """Name -> value, summed over the labels that aren't asked for."""
    status, _, body = server.request("GET", "/metrics")
    assert status == 200
    found = {}
    for family in prometheus_client.parser.text_string_to_metric_families(body.decode()):
        for entry in family.samples:
            if labels.items() <= entry.labels.items():
                found[entry.name] = found.get(entry.name, 0) + entry.value
    return found


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


# Limits.


def open_socket(server, seconds=20):
    return socket.create_connection(("127.0.0.1", server.port), timeout=seconds)


def wait_until(true, seconds=20):
    """Whether something gets true in time."""
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.02)
    return true()


def read_all(connection):
    """All that comes until the server closes."""
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


# Who may ask.


@pytest.mark.parametrize("way", ["file", "environment"])
def test_a_token_is_asked_for(way, tmp_path):
    (tmp_path / "token").write_text("secret\n")
    options = ["--token-file", tmp_path / "token"] if way == "file" else []
    environment = {"KERAS_GAN_TOKEN": "secret"} if way == "environment" else {}
    with ServerProcess(copy_digits(tmp_path), *options, **environment) as server:
        for path in (MODEL, "/", "/metrics", f"{MODEL}/sample.png"):
            status, headers, _ = server.request("GET", path)
            assert (status, headers["www-authenticate"]) == (401, "Bearer")
            for given in ("Bearer secrets", "secret", "Bearer "):
                assert server.request("GET", path, headers={"Authorization": given})[0] == 401
            given = {"Authorization": "Bearer secret"}
            assert server.request("GET", path, headers=given)[0] == 200
        assert server.request("GET", "/healthz")[0] == 200
        assert "secret" not in server.log()


def test_a_warning_where_anybody_may_ask(tmp_path):
    folder = copy_digits(tmp_path)
    with ServerProcess(folder, "--host", "0.0.0.0") as server:
        assert "anybody who reaches 0.0.0.0 may ask" in server.log()
    with ServerProcess(folder, "--host", "0.0.0.0", KERAS_GAN_TOKEN="x") as server:
        assert "anybody" not in server.log()
    with ServerProcess(folder) as server:
        assert "anybody" not in server.log()


# Versions.


def serves(server, version):
    """Whether a version is the one that is served."""
    content = json.loads(server.request("GET", f"{MODEL}/metadata")[2])
    return content["model_spec"]["version"] == str(version)


def test_a_new_version_is_taken_and_no_request_is_lost(tmp_path):
    folder = copy_digits(tmp_path)
    with ServerProcess(folder) as server:
        ended, found = threading.Event(), []

        def ask(seed):
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
            with contextlib.closing(connection):
                while not ended.is_set():
                    connection.request("POST", f"{MODEL}:predict", json.dumps(sample(9, seed=seed)))
                    answer = connection.getresponse()
                    found.append((answer.status, answer.read()))

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            tasks = [pool.submit(ask, seed) for seed in range(8)]
            for version in (2, 10):
                add_version(folder, version)
                assert wait_until(lambda version=version: serves(server, version))
            add_version(folder, 11, b"no ONNX")
            (folder / "12").mkdir()
            assert wait_until(lambda: "version 11 is not served" in server.log())
            ended.set()
            for task in tasks:
                task.result()
        assert {status for status, _ in found} == {200}
        states = json.loads(server.request("GET", MODEL)[2])["model_version_status"]
        assert [(entry["version"], entry["state"]) for entry in states] == [
            *(("11", "END"), ("10", "AVAILABLE"), ("2", "END"), ("1", "END")),
        ]
        assert states[0]["status"]["error_code"] == "UNKNOWN"
        assert "expected an ONNX file" in states[0]["status"]["error_message"]
        assert server.predict(sample(1), f"{MODEL}/versions/10:predict")[0] == 200
        assert server.predict(sample(1), f"{MODEL}/versions/1:predict")[0] == 404
        assert read_metrics(server)["keras_gan_version"] == 10
        assert server.log().count("version 11") == 1
        shutil.rmtree(folder / "10")
        assert wait_until(lambda: serves(server, 2))


def negation(**metadata):
    """An ONNX file of two latents in, their negation out."""
    from onnx import TensorProto, helper

    tensors = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", 2])
        for name in ("latents", "samples")
    ]
    node = helper.make_node("Neg", ["latents"], ["samples"])
    graph = helper.make_graph([node], "negation", tensors[:1], tensors[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    helper.set_model_props(model, metadata)
    return model.SerializeToString()


def test_other_files_are_not_served(tmp_path):
    folder = copy_digits(tmp_path)
    add_version(folder, 2, negation())
    add_version(folder, 3, negation(latent_size="3"))
    add_version(folder, 4, negation(latent_size="2", layout="NCHW"))
    with ServerProcess(folder) as server:
        assert read_metrics(server)["keras_gan_version"] == 1
        told = server.log()
    assert "version 2 is not served: expected a generator that keras_gan exported" in told
    assert "version 3 is not served: " in told
    assert "version 4 is not served: expected float images, channels last" in told


def test_points_have_no_pictures(tmp_path):
    add_version(tmp_path, 1, negation(latent_size="2"))
    with ServerProcess(tmp_path, "--name", "a point") as server:
        path = "/v1/models/a%20point"
        for content in ({"inputs": [[1, 2.5]]}, {"inputs": {"latents": [[1, 2.5]]}}):
            assert server.predict(content, f"{path}:predict") == (200, {"outputs": [[-1, -2.5]]})
        rows = {"instances": [[1, 2], [3, 4]]}
        assert server.predict(rows, f"{path}:predict")[1] == {"predictions": [[-1, -2], [-3, -4]]}
        named = {"instances": [{"latents": [1, 2]}]}
        assert server.predict(named, f"{path}:predict")[1] == {"predictions": [[-1, -2]]}
        status, answer = server.predict({"instances": [[1, 2], {}]}, f"{path}:predict")
        assert (status, answer["error"][:26]) == (400, "Expecting value/list but g")
        assert server.predict(sample(1), f"{path}:predict")[0] == 400
        assert server.request("GET", f"{path}/sample.png")[0] == 404
        assert b"<img" not in server.request("GET", "/")[2]


# The process.


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_it_ends_once_all_is_answered(number, code, tmp_path):
    with ServerProcess(copy_digits(tmp_path)) as server:
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            tasks = [pool.submit(server.predict, sample(300)) for _ in range(4)]
            assert wait_until(lambda: read_metrics(server)["keras_gan_queued_samples"])
            assert server.stop(number) == code
            assert {task.result()[0] for task in tasks} == {200}
        assert "Traceback" not in server.log()


def test_no_tensorflow_in_the_process(server):
    maps = pathlib.Path(f"/proc/{server.process.pid}/maps").read_text()
    assert "onnxruntime" in maps
    assert "tensorflow" not in maps
    code = (
        "import sys, keras_gan_runtime.command, keras_gan_runtime.server.serving\n"
        "print({'tensorflow', 'keras', 'keras_gan', 'PIL'} & set(sys.modules))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "set()"


def test_the_index_shows_a_grid(server):
    class Page(html.parser.HTMLParser):
        links = []

        def handle_starttag(self, tag, attributes):
            self.links += [value for key, value in attributes if key in ("href", "src")]

    status, headers, body = server.request("GET", "/")
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    page = Page()
    page.feed(body.decode())
    assert len(page.links) >= 5
    assert {server.request("GET", link)[0] for link in page.links} == {200}


def refused(capsys, *arguments):
    assert main(["serve", *map(str, arguments)]) == 2
    return capsys.readouterr().err.splitlines()[-1]


def test_what_cannot_be_served_is_told_of(tmp_path, capsys):
    folder = copy_digits(tmp_path)
    assert "expected a model's folder" in refused(capsys, tmp_path / "none")
    assert "found none that can be served; make one by: keras-gan export RUN --out" in refused(
        capsys, tmp_path
    )
    assert "expected a positive --batch-size, got 0" in refused(capsys, folder, "--batch-size", 0)
    assert "expected a positive --threads or 0, got -1" in refused(capsys, folder, "--threads", -1)
    assert "expected a --name without / and :" in refused(capsys, folder, "--name", "a/b")
    assert "could not read the token" in refused(capsys, folder, "--token-file", tmp_path / "none")
    (tmp_path / "empty").write_text("")
    assert "expected a token" in refused(capsys, folder, "--token-file", tmp_path / "empty")
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        assert f"could not listen on 127.0.0.1:{port}" in refused(capsys, folder, "--port", port)


def test_a_missing_extra_is_named(tmp_path):
    code = (
        "import sys\nsys.modules['starlette'] = None\n"
        f"from keras_gan_runtime.command import main\nsys.exit(main(['serve', {str(tmp_path)!r}]))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert told.returncode == 2
    assert 'pip install "keras_gan[serve]"' in told.stderr
    assert "Traceback" not in told.stderr


def test_serve_is_a_command_like_the_others(capsys, tmp_path):
    from keras_gan.cli import main as whole

    for run in (main, whole):
        with pytest.raises(SystemExit) as ended:
            run(["serve", "--help"])
        assert ended.value.code == 0
        told = capsys.readouterr().out
        assert re.match(r"usage: keras-gan serve ", told)
        assert "--token-file" in told
        assert run(["serve", str(tmp_path / "none")]) == 2
    with pytest.raises(SystemExit):
        main(["--help"])
    assert re.search(r"\n    serve +serve an exported generator", capsys.readouterr().out)
