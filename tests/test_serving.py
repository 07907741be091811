"""What an operator of TF Serving gets: warm-up requests, configurations, manifests."""

import sys

from keras_gan import export
from keras_gan.errors import ConfigError
from keras_gan.export.serving import FILES

import numpy as np
import pytest
import tensorflow as tf
import yaml
from conftest import tiny_gan
from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    message_factory,
    text_format,
    wrappers_pb2,
)
from tensorflow_serving.apis import prediction_log_pb2
from tensorflow_serving.config import model_server_config_pb2


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An exported model with all that serving it takes."""
    folder = tmp_path_factory.mktemp("models") / "tiny-digits"
    export.to_saved_model(tiny_gan(3), folder, warm_up=True)
    export.write_serving_files(folder)
    return folder


def test_every_warm_up_request_is_answered(folder):
    loaded = tf.saved_model.load(str(folder / "1"))
    path = folder / "1" / "assets.extra" / "tf_serving_warmup_requests"
    seen = []
    for record in tf.data.TFRecordDataset(str(path)):
        log = prediction_log_pb2.PredictionLog.FromString(record.numpy())
        request = log.predict_log.request
        assert request.model_spec.name == "tiny-digits"
        inputs = {name: tf.constant(tf.make_ndarray(v)) for name, v in request.inputs.items()}
        answer = loaded.signatures[request.model_spec.signature_name](**inputs)
        assert np.size(next(iter(answer.values()))) > 0
        first = inputs.get("count", tf.shape(inputs.get("latents", 0))[:1])
        seen.append((request.model_spec.signature_name, int(np.ravel(first)[0])))
    names = ("serving_default", "sample", "sample_png")
    assert sorted(seen) == sorted((name, size) for name in names for size in (1, 16, 64))


def test_warm_up_names_its_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_serving", None)
    with pytest.raises(ConfigError, match=r"pip install '\.\[serving\]'"):
        export.to_saved_model(tiny_gan(), tmp_path / "m", warm_up=True)
    assert not list(tmp_path.iterdir())


def test_models_config_is_read_by_its_proto(folder):
    text = (folder / "models.config").read_text()
    config = text_format.Parse(text, model_server_config_pb2.ModelServerConfig())
    (model,) = config.model_config_list.config
    assert (model.name, model.base_path) == ("tiny-digits", "/models/tiny-digits")
    assert model.model_version_policy.latest.num_versions == 1


def message(name, fields):
    """Makes a message class that tensorflow-serving-api lacks, by its field numbers.

    Args:
        name: Of the message.
        fields: Name -> (number, type, whether it is repeated); types by name are wrappers.
    """
    file = descriptor_pb2.FileDescriptorProto(name=f"{name}.proto", syntax="proto3")
    file.dependency.append(wrappers_pb2.DESCRIPTOR.name)
    described = file.message_type.add(name=name)
    for field, (number, kind, repeated) in fields.items():
        entry = described.field.add(name=field, number=number, label=3 if repeated else 1)
        if isinstance(kind, str):
            entry.type, entry.type_name = descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE, kind
        else:
            entry.type = kind
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(wrappers_pb2.DESCRIPTOR.serialized_pb)
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(name))


WRAPPED = ".google.protobuf.Int64Value"


def test_batching_config_is_read_by_its_fields(folder):
    """Fields of BatchingParameters in TF Serving's session_bundle_config.proto."""
    parameters = message(
        "BatchingParameters",
        {
            "max_batch_size": (1, WRAPPED, False),
            "batch_timeout_micros": (2, WRAPPED, False),
            "max_enqueued_batches": (3, WRAPPED, False),
            "num_batch_threads": (4, WRAPPED, False),
            "allowed_batch_sizes": (6, descriptor_pb2.FieldDescriptorProto.TYPE_INT64, True),
        },
    )
    read = text_format.Parse((folder / "batching.config").read_text(), parameters())
    assert list(read.allowed_batch_sizes) == [1, 4, 16, 64]
    assert read.max_batch_size.value == read.allowed_batch_sizes[-1]  # TF Serving insists


def test_compose_file_mounts_and_limits(folder):
    services = yaml.safe_load((folder / "compose.yaml").read_text())["services"]
    assert set(services) == {"serving", "batching"}
    for service in services.values():
        assert service["volumes"] == [".:/models/tiny-digits:ro"]
        assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
        files = [
            word.split("/models/tiny-digits/")[1]
            for word in service["command"]
            if ".config" in word
        ]
        assert set(files) <= set(FILES)
    assert "--enable_batching" in services["batching"]["command"]


def test_kubernetes_manifest_has_probes_limits_and_one_name(folder):
    documents = list(yaml.safe_load_all((folder / "kubernetes.yaml").read_text()))
    claim, deployment, service = documents
    assert [d["kind"] for d in documents] == ["PersistentVolumeClaim", "Deployment", "Service"]
    pod = deployment["spec"]["template"]
    (container,) = pod["spec"]["containers"]
    assert {"startupProbe", "readinessProbe", "livenessProbe"} <= set(container)
    assert set(container["resources"]) == {"requests", "limits"}
    ports = {port["name"] for port in container["ports"]}
    assert {port["targetPort"] for port in service["spec"]["ports"]} == ports
    assert service["spec"]["selector"] == pod["metadata"]["labels"]
    volume = pod["spec"]["volumes"][0]["persistentVolumeClaim"]
    assert volume["claimName"] == claim["metadata"]["name"] == "tiny-digits-model"


def test_names_that_a_cluster_would_refuse(tmp_path):
    for name in ("My Model", "-a", "9", "a/b", "a" * 60):
        with pytest.raises(ConfigError, match="lower-case letters, digits and dashes"):
            export.write_serving_files(tmp_path, name)
    assert not list(tmp_path.iterdir())
