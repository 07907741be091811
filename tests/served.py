"""Helpers for the tests of `keras-gan serve`: requests, and checks of responses."""

import socket
import time

from keras_gan.runtime.generator import to_uint8

import numpy as np
import prometheus_client.parser

MODEL = "/v1/models/digits"


def sample(count, **values):
    return {"signature_name": "sample", "inputs": {"count": count, **values}}


def pixels(answer):
    status, content = answer
    assert status == 200, content
    return np.array(content["outputs"], np.uint8)


def near(images, wanted):
    """Checks equality up to the rounding of onnxruntime in batches of different sizes."""
    difference = np.abs(images.astype(int) - to_uint8(wanted).astype(int))
    return images.shape == wanted.shape and difference.max() <= 1


def read_metrics(server, **labels):
    """Reads name -> value, summed over the other labels."""
    status, _, body = server.request("GET", "/metrics")
    assert status == 200
    found = {}
    for family in prometheus_client.parser.text_string_to_metric_families(body.decode()):
        for entry in family.samples:
            if labels.items() <= entry.labels.items():
                found[entry.name] = found.get(entry.name, 0) + entry.value
    return found


def open_socket(server, seconds=20):
    return socket.create_connection(("127.0.0.1", server.port), timeout=seconds)


def wait_until(true, seconds=20):
    """Waits for a condition; returns whether it became true in time."""
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.02)
    return true()
