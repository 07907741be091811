"""Requests samples from TF Serving (REST or gRPC) or `keras-gan serve` (REST).

    python tools/serving_client.py --rest http://127.0.0.1:8501 --name digits --count 16 \
        --seed 0 --label 3 --out digits.png
    python tools/serving_client.py --grpc 127.0.0.1:8500 --name digits --count 16 --out digits.npy

gRPC needs `pip install ".[serving]"`; REST needs Python and NumPy alone. A server that is
busy (429, 503), or not there yet, is asked again until the deadline, after waits that double and
are drawn at random, so that many clients don't come back at once. In Python:

    client = RestClient("http://127.0.0.1:8501", "digits")
    pixels = client.predict("sample", {"count": 16, "seed": 0})["images"]
"""

import argparse
import base64
import http.client
import json
import os
import pathlib
import random
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import numpy as np

DTYPES = {"count": "int32", "seed": "int64", "truncation": "float32", "label": "int32"}
DTYPES |= {"latents": "float32", "labels": "int32"}
OUTPUTS = {"sample": "images", "sample_png": "png_bytes", "serving_default": "images"}
FIRST_WAIT, LONGEST_WAIT = 0.1, 5.0


class ServerError(Exception):
    """An error of the server, or a server that isn't reachable before the deadline."""


class BusyError(Exception):
    """A response after which to retry, in `seconds` at the earliest."""

    def __init__(self, told, seconds=0.0):
        super().__init__(told)
        self.seconds = seconds


def retry(call, deadline):
    """Returns the result of `call(seconds left)`, repeated while it raises `BusyError`.

    Args:
        call: Does it once.
        deadline: Seconds for all calls and the waits between them.

    Raises:
        ServerError: After the deadline.
    """
    end, wait = time.monotonic() + deadline, FIRST_WAIT
    while True:
        try:
            return call(max(end - time.monotonic(), 0.001))
        except BusyError as busy:
            pause = busy.seconds + random.uniform(0, wait)
            if time.monotonic() + pause >= end:
                raise ServerError(f"no answer within {deadline:g} seconds: {busy}") from busy
            time.sleep(pause)
            wait = min(2 * wait, LONGEST_WAIT)


class RestClient:
    """A client of a model over REST.

    Args:
        address: As in "http://127.0.0.1:8501".
        name: The model's.
        token: Of a server that asks for one.
        deadline: Seconds for a request with all that is tried again.
    """

    def __init__(self, address, name, token=None, deadline=30.0):
        self.url = f"{address.rstrip('/')}/v1/models/{urllib.parse.quote(name)}:predict"
        self.headers = {"Content-Type": "application/json"}
        self.headers |= {"Authorization": f"Bearer {token}"} if token else {}
        self.deadline = deadline

    def predict(self, signature, inputs):
        """Requests the outputs of a signature.

        Args:
            signature: As in "sample_png".
            inputs: Name -> number, list or array; those that aren't given have their defaults.

        Returns:
            Name -> array, or bytes.

        Raises:
            ServerError: See there.
        """
        inputs = {name: np.asarray(value).tolist() for name, value in inputs.items()}
        body = json.dumps({"signature_name": signature, "inputs": inputs}).encode()
        outputs = retry(lambda seconds: self._ask(body, seconds), self.deadline)["outputs"]
        if isinstance(outputs, dict):
            return {OUTPUTS[signature]: base64.b64decode(outputs["b64"])}
        dtype = "uint8" if signature == "sample" else "float32"
        return {OUTPUTS[signature]: np.array(outputs, dtype)}

    def _ask(self, body, seconds):
        request = urllib.request.Request(self.url, body, self.headers)
        try:
            with urllib.request.urlopen(request, timeout=seconds) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            told = f"{error.code}: {error.read(1000).decode(errors='replace')}"
            if error.code in (429, 503):
                raise BusyError(told, read_seconds(error.headers.get("Retry-After"))) from error
            raise ServerError(told) from error
        except (OSError, http.client.HTTPException) as error:  # not there, or lost on the way
            raise BusyError(str(error)) from error


def read_seconds(text):
    """Returns the seconds of a Retry-After header; 0 without one or for a date."""
    return float(text) if text and text.isdigit() else 0.0


class GrpcClient:
    """A client of a model over gRPC, with the interface of `RestClient`.

    Args:
        address: As in "127.0.0.1:8500".
        name, deadline: See `RestClient`.
    """

    def __init__(self, address, name, deadline=30.0):
        try:
            import grpc
            from tensorflow_serving.apis import prediction_service_pb2_grpc
        except ImportError as error:
            raise SystemExit(
                f"expected what gRPC needs ({error}): pip install '.[serving]' in the clone of "
                "keras_gan."
            ) from error
        self.channel = grpc.insecure_channel(
            address, options=[("grpc.max_receive_message_length", 2**30)]
        )
        self.stub = prediction_service_pb2_grpc.PredictionServiceStub(self.channel)
        self.name, self.deadline = name, deadline

    def predict(self, signature, inputs):
        """Requests the outputs of a signature, as `RestClient.predict` does."""
        import tensorflow as tf
        from tensorflow_serving.apis import predict_pb2

        request = predict_pb2.PredictRequest()
        request.model_spec.name = self.name
        request.model_spec.signature_name = signature
        for name, value in inputs.items():
            request.inputs[name].CopyFrom(tf.make_tensor_proto(value, DTYPES[name]))
        answer = retry(lambda seconds: self._ask(request, seconds), self.deadline)
        arrays = {name: tf.make_ndarray(value) for name, value in answer.outputs.items()}
        return {n: a.item() if a.dtype == object and a.ndim == 0 else a for n, a in arrays.items()}

    def _ask(self, request, seconds):
        import grpc

        again = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED)
        try:
            return self.stub.Predict(request, timeout=seconds)
        except grpc.RpcError as error:
            told = f"{error.code().name}: {error.details()}"
            raise (BusyError if error.code() in again else ServerError)(told) from error


def main(arguments=None):
    """Writes a grid as .png, or pixels as .npy."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--rest", metavar="URL", help="as in http://127.0.0.1:8501")
    where.add_argument("--grpc", metavar="HOST:PORT", help="as in 127.0.0.1:8500")
    parser.add_argument("--name", required=True, help="the model's")
    parser.add_argument("--count", type=int, default=16)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--label", type=int, help="one class for all (default: in turn)")
    parser.add_argument("--truncation", type=float, help="from 0 to 1 (default: 1)")
    parser.add_argument("--deadline", type=float, default=30.0, help="seconds (default: 30)")
    parser.add_argument("--out", type=pathlib.Path, required=True, help=".png or .npy")
    parsed = parser.parse_args(arguments)
    if parsed.out.suffix not in (".png", ".npy"):
        parser.error(f"expected --out to end in .png or .npy, got {parsed.out}.")
    try:
        write(parsed, connect(parsed))
    except ServerError as error:
        print(f"serving_client: {error}", file=sys.stderr)
        return 1
    return 0


def connect(parsed):
    """Makes the client for the command line; the token comes from KERAS_GAN_TOKEN."""
    if parsed.grpc:
        return GrpcClient(parsed.grpc, parsed.name, parsed.deadline)
    token = os.environ.get("KERAS_GAN_TOKEN")
    return RestClient(parsed.rest, parsed.name, token, parsed.deadline)


def write(parsed, client):
    """Requests samples and writes them."""
    values = {name: getattr(parsed, name) for name in ("count", "seed", "label", "truncation")}
    inputs = {name: value for name, value in values.items() if value is not None}
    if parsed.out.suffix == ".png":
        parsed.out.write_bytes(client.predict("sample_png", inputs)["png_bytes"])
    else:
        np.save(parsed.out, client.predict("sample", inputs)["images"])
    print(f"{parsed.out}: {parsed.count} samples, seed {parsed.seed}")


if __name__ == "__main__":
    sys.exit(main())
