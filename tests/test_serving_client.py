"""`tools/serving_client.py` over REST and gRPC.

No TF Serving binary can be had here: gRPC is answered by a server of grpc's own whose
PredictionService runs the SavedModel's signature through TensorFlow.
"""

import concurrent.futures
import contextlib
import importlib.util
import io
import pathlib
import socket
import threading
import time

from keras_gan.runtime import Generator
from keras_gan.runtime.generator import to_uint8

import grpc
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from server_process import GENERATOR, ServerProcess, copy_digits
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

ROOT = pathlib.Path(__file__).parents[1]
SPEC = importlib.util.spec_from_file_location("serving_client", ROOT / "tools/serving_client.py")
client = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(client)


@pytest.fixture(scope="module")
def rest(tmp_path_factory):
    with ServerProcess(copy_digits(tmp_path_factory.mktemp("served"))) as server:
        yield f"http://127.0.0.1:{server.port}"


def defaults_of(path):
    """Returns the defaults of each signature's inputs, which TF Serving fills in."""
    model = saved_model_pb2.SavedModel.FromString((path / "saved_model.pb").read_bytes())
    return {
        name: {key: tf.constant(tf.make_ndarray(v)) for key, v in signature.defaults.items()}
        for name, signature in model.meta_graphs[0].signature_def.items()
    }


class Servicer(prediction_service_pb2_grpc.PredictionServiceServicer):
    """Runs signatures of a SavedModel; busy for the first few requests."""

    def __init__(self, path, busy):
        self.loaded, self.busy = tf.saved_model.load(str(path)), busy
        self.defaults = defaults_of(path)

    def Predict(self, request, context):  # noqa: N802
        if self.busy:
            self.busy -= 1
            context.abort(grpc.StatusCode.UNAVAILABLE, "the queue is full")
        if request.model_spec.name != "digits":
            context.abort(grpc.StatusCode.NOT_FOUND, "Servable not found for request")
        name = request.model_spec.signature_name
        sent = {key: tf.constant(tf.make_ndarray(v)) for key, v in request.inputs.items()}
        inputs = {**self.defaults[name], **sent}
        response = predict_pb2.PredictResponse()
        for key, value in self.loaded.signatures[name](**inputs).items():
            response.outputs[key].CopyFrom(tf.make_tensor_proto(value))
        return response


@pytest.fixture(scope="module")
def serve_grpc():
    """Starts a gRPC server of the shipped SavedModel."""
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        server = grpc.server(pool)
        servicer = Servicer(ROOT / "saved_models/digits/1", 2)
        prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(servicer, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        yield f"127.0.0.1:{port}", servicer
        server.stop(None).wait()


def test_a_picture_over_rest(rest, tmp_path, capsys):
    out = tmp_path / "x.png"
    words = ["--rest", rest, "--name", "digits", "--count", "4", "--label", "3", "--out", str(out)]
    assert client.main(words) == 0
    assert "4 samples, seed 0" in capsys.readouterr().out
    wanted = to_uint8(Generator(GENERATOR).sample(4, label=3))[..., 0]
    wanted = wanted.reshape(2, 2, 28, 28).swapaxes(1, 2).reshape(56, 56)
    assert np.abs(np.asarray(Image.open(out)).astype(int) - wanted).max() <= 1


def test_pixels_over_rest(rest, tmp_path):
    out = tmp_path / "x.npy"
    words = ["--rest", rest, "--name", "digits", "--count", "3", "--truncation", "0.5"]
    assert client.main([*words, "--out", str(out)]) == 0
    pixels = np.load(out, allow_pickle=False)
    assert (pixels.shape, pixels.dtype) == ((3, 28, 28, 1), np.uint8)
    inputs = {"latents": np.zeros((2, 32), "float32"), "labels": [1, 2]}
    images = client.RestClient(rest, "digits").predict("serving_default", inputs)["images"]
    assert (images.shape, images.dtype) == ((2, 28, 28, 1), np.float32)


def test_a_picture_over_grpc_after_two_refusals(serve_grpc, tmp_path):
    address, servicer = serve_grpc
    out = tmp_path / "x.png"
    words = ["--grpc", address, "--name", "digits", "--count", "4", "--out", str(out)]
    assert client.main(words) == 0
    assert servicer.busy == 0
    call = servicer.loaded.signatures["sample_png"]
    wanted = call(**servicer.defaults["sample_png"], count=tf.constant(4))["png_bytes"].numpy()
    assert out.read_bytes() == wanted


def test_both_ways_give_the_same_picture(rest, serve_grpc):
    inputs = {"count": 16, "seed": 5}
    grids = [
        np.asarray(Image.open(io.BytesIO(one.predict("sample_png", inputs)["png_bytes"])))
        for one in (
            client.RestClient(rest, "digits"),
            client.GrpcClient(serve_grpc[0], "digits"),
        )
    ]
    assert np.abs(grids[0].astype(int) - grids[1]).max() <= 1


@pytest.mark.parametrize("way", ["--rest", "--grpc"])
def test_bad_input_is_told_of_at_once(way, rest, serve_grpc, tmp_path, capsys):
    address = rest if way == "--rest" else serve_grpc[0]
    words = [way, address, "--name", "x", "--count", "1", "--out", str(tmp_path / "x.npy")]
    start = time.monotonic()
    assert client.main(words) == 1
    assert time.monotonic() - start < 10
    told = capsys.readouterr().err
    assert "404: " in told or "NOT_FOUND: Servable not found" in told
    assert not (tmp_path / "x.npy").exists()


def answer_one(listener, content):
    """Reads a request and answers with bytes."""
    connection, _ = listener.accept()
    with contextlib.closing(connection):
        connection.recv(2**16)
        connection.sendall(content)


def test_a_busy_server_is_asked_again():
    busy = b"HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"
    lost = b""
    good = b'HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n{"outputs": [[1]]}'
    good = good.replace(b"17", b"18")
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listener:
        answers = (busy, lost, good)
        thread = threading.Thread(target=lambda: [answer_one(listener, a) for a in answers])
        thread.start()
        start = time.monotonic()
        one = client.RestClient(f"http://127.0.0.1:{listener.getsockname()[1]}", "digits")
        assert one.predict("sample", {"count": 1})["images"].tolist() == [[1]]
        assert time.monotonic() - start >= 1  # Retry-After
        thread.join()


def test_the_deadline_ends_it():
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as closed:
        port = closed.getsockname()[1]
    one = client.RestClient(f"http://127.0.0.1:{port}", "digits", deadline=0.5)
    with pytest.raises(client.ServerError, match=r"no answer within 0\.5 seconds: .*refused"):
        one.predict("sample", {"count": 1})


def test_waits_double_and_are_drawn(monkeypatch):
    waits = []
    monkeypatch.setattr(client.time, "sleep", waits.append)
    tries = iter(range(6))

    def call(seconds):
        if next(tries) < 5:
            raise client.BusyError("x")
        return "done"

    assert client.retry(call, 30) == "done"
    longest = client.FIRST_WAIT * 2.0 ** np.arange(5)
    assert (np.array(waits) <= longest).all()
    assert len(set(waits)) == 5
