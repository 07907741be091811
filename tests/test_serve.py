"""`keras-gan serve`, a real process: TF Serving's API over real connections."""

import base64
import io
import json

import numpy as np
import pytest
from google.protobuf import json_format
from PIL import Image
from served import MODEL, near, pixels, sample
from tensorflow_serving.apis import get_model_metadata_pb2, get_model_status_pb2


def columns(generator, count, seed=0):
    """Returns the inputs of `serving_default`."""
    labels = [index % 10 for index in range(count)]
    return {"latents": generator.latents(count, seed).tolist(), "labels": labels}


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
    named = generator.sample(3, label=["7", "2", "9"])
    assert np.array_equal(named, generator.sample(3, label=[7, 2, 9]))
    with pytest.raises(ValueError, match=r"name or number of one of 0, 1, .*, got 'cat'"):
        generator.sample(1, label="cat")


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
    from keras_gan.runtime.server.png import png

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
        ("GET", f"{MODEL}/sample.png?count=4&count=9", 400, "expected count once, got it 2 times."),
        ("GET", f"{MODEL}/sample.png?seed={'1' * 5000}", 400, "expected a whole number for seed"),
        ("GET", f"{MODEL}/sample.png?count={'0' * 40}5x", 400, "expected a whole number for coun"),
        ("GET", f"{MODEL}/SAMPLE.png?count=0", 400, "expected count from 1 to 256, got 0."),
        ("GET", f"{MODEL}/sample.png?truncation=nan", 400, "expected truncation from 0 to 1"),
        ("GET", f"{MODEL}/sample.png?label=x", 400, "expected the name or number of one of 0, 1"),
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
    there = "this server has digits, version 1"
    error = f"Servable not found for request: Latest(x); {there}"
    assert (status, answer["error"]) == (404, error)
    _, answer = server.predict(sample(1), f"{MODEL}/versions/7:predict")
    assert answer["error"] == f"Servable not found for request: Specific(digits, 7); {there}"
    status, answer = server.predict(sample(1), f"{MODEL}:classify")
    assert status == 400
    assert "to be tensorflow/serving/classify. Was: tensorflow/serving/predict" in answer["error"]
