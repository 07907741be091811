"""`keras-gan serve` as a process: who may ask it, which versions it serves, how it ends."""

import concurrent.futures
import contextlib
import html.parser
import http.client
import json
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse

from keras_gan.cli import main

import pytest
from served import MODEL, pixels, read_metrics, sample, wait_until
from server_process import ServerProcess, add_version, copy_digits

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


def test_a_warning_where_anybody_may_ask(server, tmp_path):
    copy_digits(tmp_path).rename(tmp_path / "export")
    folder = tmp_path.rename(tmp_path.with_name("cats"))
    (folder / "config.json").write_text("{}")  # a run is served by its own name
    with ServerProcess(folder, "--host", "0.0.0.0") as public:
        assert public.request("GET", "/v1/models/cats")[0] == 200
        assert "anybody who can reach 0.0.0.0 has access" in public.log()
    with ServerProcess(folder, "--host", "0.0.0.0", KERAS_GAN_TOKEN="x") as guarded:
        assert "anybody" not in guarded.log()
    assert "anybody" not in server.log()  # on this machine's address


def test_pages_of_other_origins_use_it_only_if_allowed(server, tmp_path):
    page = {"Origin": "https://example.org"}
    asked = {"Access-Control-Request-Method": "POST"}
    asked["Access-Control-Request-Headers"] = "authorization,content-type"
    for path in (MODEL, "/v1/models/none"):
        assert "access-control-allow-origin" not in server.request("GET", path, headers=page)[1]
    with ServerProcess(copy_digits(tmp_path), "--cors", KERAS_GAN_TOKEN="secret") as allowing:
        path = f"{MODEL}:predict"
        status, headers, _ = allowing.request("OPTIONS", path, headers={**page, **asked})
        assert (status, headers["access-control-allow-origin"]) == (200, "*")
        assert "POST" in headers["access-control-allow-methods"]
        assert "authorization" in headers["access-control-allow-headers"]
        for given, expected in (({}, 401), ({"Authorization": "Bearer secret"}, 200)):
            status, headers, _ = allowing.request("GET", MODEL, headers={**page, **given})
            assert (status, headers["access-control-allow-origin"]) == (expected, "*")
            assert "access-control-allow-credentials" not in headers


# Versions.


def serves(server, version):
    """Returns whether a version is served."""
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
            assert wait_until(lambda: "version 11 of digits is not served" in server.log())
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
        folder.rename(tmp_path / "elsewhere")
        lost = f"WARNING could not look for versions in {folder}"
        assert wait_until(lambda: lost in server.log())
        time.sleep(2.2)  # two more looks
        (tmp_path / "elsewhere").rename(folder)
        back = f"looking for versions in {folder} again"
        assert wait_until(lambda: back in server.log())
        assert (server.log().count(lost), server.log().count(back)) == (1, 1)
        assert server.predict(sample(1))[0] == 200


def negation(**metadata):
    """Returns an ONNX file that negates two latents."""
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
    add_version(folder, 5, negation(latent_size="2", medium='{"name": "image"}'))
    add_version(folder, 6, negation(latent_size="2", medium="[]"))
    with ServerProcess(folder) as server:
        assert read_metrics(server)["keras_gan_version"] == 1
        told = server.log()
    for version, text in (
        (2, "expected a generator that keras_gan exported"),
        (3, ""),
        (4, "expected float images, channels last"),
        (5, "expected images (height, width, 1 to 4 channels)"),
        (6, "expected a medium with a name in the metadata, got []"),
    ):
        assert f"version {version} of digits is not served: {text}" in told


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
        "import sys, keras_gan.cli, keras_gan.runtime.server.serving\n"
        "keras_gan.cli.build_parser()\n"
        "print({'tensorflow', 'keras', 'PIL'} & set(sys.modules))"
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
    assert not any(link.startswith("/") for link in page.links)  # as below a proxy's path
    links = [urllib.parse.urljoin("http://localhost/", link) for link in page.links]
    paths = [link.removeprefix("http://localhost") for link in links]
    assert {server.request("GET", path)[0] for path in paths} == {200}


def refused(capsys, *arguments):
    assert main(["serve", *map(str, arguments)]) == 2
    return capsys.readouterr().err.splitlines()[-1]


def test_a_folder_of_models_is_served_by_their_names(tmp_path, capsys):
    shutil.copytree(copy_digits(tmp_path), tmp_path / "zwei drei")
    (tmp_path / "README.md").write_text("of no model")
    (tmp_path / "notes").mkdir()
    damaged = tmp_path / "damaged" / "1" / "assets.extra" / "generator.onnx"
    damaged.parent.mkdir(parents=True)
    damaged.write_bytes(b"no model")
    assert "expected one model for --name, got 3 in" in refused(capsys, tmp_path, "--name", "a")
    with ServerProcess(tmp_path) as server:
        assert server.url.endswith("/v1/models/digits")
        status, _, body = server.request("GET", "/readyz")
        assert (status, body) == (200, b"digits version 1\nzwei drei version 1\n")
        first = pixels(server.predict(sample(2, seed=1)))
        path = "/v1/models/zwei%20drei"
        assert (pixels(server.predict(sample(2, seed=1), f"{path}:predict")) == first).all()
        _, _, page = server.request("GET", "/")
        assert page.count(b"<img") == 2
        assert server.request("GET", f"{path}/sample.png?count=4")[0] == 200
        status, content = server.predict(sample(1), "/v1/models/notes:predict")
        assert (status, content["error"]) == (
            404,
            "Servable not found for request: Latest(notes); this server has digits, version 1; "
            "zwei drei, version 1",
        )
        (tmp_path / "zwei drei/1").rename(tmp_path / "zwei drei/2")
        labels = {"model": "zwei drei"}
        assert wait_until(lambda: read_metrics(server, **labels)["keras_gan_version"] == 2)
        assert read_metrics(server, **labels)["keras_gan_requests_total"] == 2


def test_what_cannot_be_served_is_told_of(tmp_path, capsys):
    folder = copy_digits(tmp_path)
    assert "expected a model's folder" in refused(capsys, tmp_path / "none")
    (tmp_path / "nothing").mkdir()
    assert "found none that can be served; make one by: keras-gan export RUN --out" in refused(
        capsys, tmp_path / "nothing"
    )
    run = tmp_path / "run"
    run.mkdir()
    (run / "config.json").write_text("{}")
    assert f"found none; make one by: keras-gan export {run}" in refused(capsys, run)
    (run / "export").mkdir()
    assert f"that can be served; make one by: keras-gan export {run}" in refused(capsys, run)
    assert "expected a positive --batch-size, got 0" in refused(capsys, folder, "--batch-size", 0)
    assert "expected a positive --threads or 0, got -1" in refused(capsys, folder, "--threads", -1)
    for port in (-1, 65_536, 99_999):
        assert f"expected a port from 0 to 65535, got {port}." in refused(
            capsys, folder, "--port", port
        )
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
        f"from keras_gan.cli import main\nsys.exit(main(['serve', {str(tmp_path)!r}]))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert told.returncode == 2
    assert "pip install '.[serve]'" in told.stderr
    assert "Traceback" not in told.stderr


def test_serve_is_a_command_like_the_others(capsys, tmp_path):
    with pytest.raises(SystemExit) as ended:
        main(["serve", "--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    assert re.match(r"usage: keras-gan serve ", told)
    assert "--token-file" in told
    assert main(["serve", str(tmp_path / "none")]) == 2
    with pytest.raises(SystemExit):
        main(["--help"])
    assert re.search(r"\n    serve +serve an exported generator", capsys.readouterr().out)
