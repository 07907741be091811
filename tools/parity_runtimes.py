"""Runs an exported generator in Node and in a browser; returns its samples and timings.

For tests and benchmarks, by two functions of one form:

    found = in_node("saved_models/digits/generator.onnx", latents, labels)
    found = in_browser("saved_models/digits/generator.onnx", latents, labels)

`in_node` needs `npm install --ignore-scripts` in tools/node once, `in_browser` chromium,
chromedriver and selenium.
"""

import contextlib
import functools
import http.server
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading

import numpy as np

ROOT = pathlib.Path(__file__).parents[1]
NODE_APP = ROOT / "tools" / "node"
ASSETS = ROOT / "keras_gan" / "export" / "web" / "assets"
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars")
PAGE = """<!doctype html>
<link rel="icon" href="data:,">
<script type="module">
import * as ort from "./ort.wasm.bundle.min.mjs";
import { Generator } from "./generator.js";
import { measured } from "./measured.mjs";
ort.env.wasm.numThreads = 1;
try {
  const [generator, inputs] = await Promise.all([
    Generator.load(ort, "model.onnx"),
    fetch("inputs.json").then((response) => response.json()),
  ]);
  window.found = { value: await measured(generator, inputs) };
} catch (error) {
  window.found = { error: String(error) };
}
</script>
"""


def in_node(model, latents, labels=None, repeats=20, app=NODE_APP):
    """Runs a generator with onnxruntime-node.

    Args:
        model: The ONNX file, which takes latents and, with classes, labels.
        latents: `(count, latent_size)` floats.
        labels: `(count,)` ints, for generators with classes.
        repeats: Calls that are timed at each batch size, after one that isn't.
        app: The folder of `parity.mjs`, with onnxruntime-node installed.

    Returns:
        A dict: `samples`, a float32 array; `milliseconds` of a call, the median, by batch size 1
        and 64; `cold_start`, seconds from the start of the process to the first sample.

    Raises:
        RuntimeError: With what Node said, where it fails.
    """
    with tempfile.TemporaryDirectory() as work:
        inputs = pathlib.Path(work) / "inputs.json"
        inputs.write_text(inputs_json(latents, labels, repeats), "utf-8")
        command = ["node", "parity.mjs", pathlib.Path(model).resolve(), inputs]
        told = subprocess.run(command, cwd=app, capture_output=True, encoding="utf-8")
    if told.returncode:
        raise RuntimeError(f"Node failed; is onnxruntime-node installed in {app}? {told.stderr}")
    return result_of(json.loads(told.stdout))


def in_browser(model, latents, labels=None, repeats=20, browser=None, seconds=300):
    """Runs a generator with onnxruntime-web on WebAssembly, one thread, in headless Chromium.

    Args:
        model: The ONNX file, which takes latents and, with classes, labels.
        latents: `(count, latent_size)` floats.
        labels: `(count,)` ints, for generators with classes.
        repeats: Calls that are timed at each batch size, after one that isn't.
        browser: A selenium driver; one is started by default. A browser that has had the page
            before starts faster, from its cache of compiled code.
        seconds: How long to wait for the page.

    Returns:
        As `in_node`; `cold_start` counts from the navigation on.

    Raises:
        RuntimeError: With what the page said, where it fails.
    """
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "index.html").write_text(PAGE, "utf-8")
        (folder / "inputs.json").write_text(inputs_json(latents, labels, repeats), "utf-8")
        shutil.copyfile(model, folder / "model.onnx")
        for path in (*ASSETS.glob("ort*"), NODE_APP / "measured.mjs"):
            shutil.copyfile(path, folder / path.name)
        shutil.copyfile(ROOT / "keras_gan" / "runtime" / "generator.js", folder / "generator.js")
        address = stack.enter_context(serving(folder))
        browser = browser or stack.enter_context(chromium())
        found = found_by(browser, address, seconds)
    if "error" in found:
        raise RuntimeError(f"the page failed: {found['error']}")
    return result_of(found["value"])


def found_by(browser, address, seconds):
    """Returns the value that the page stored in `window.found`."""
    from selenium.webdriver.support.wait import WebDriverWait

    browser.get(address)
    return WebDriverWait(browser, seconds).until(
        lambda page: page.execute_script("return window.found")
    )


def inputs_json(latents, labels, repeats):
    """Returns the inputs as JSON for `measured.mjs`."""
    latents = np.asarray(latents, "float32").tolist()
    labels = None if labels is None else np.asarray(labels).tolist()
    return json.dumps({"latents": latents, "labels": labels, "repeats": repeats})


def result_of(found):
    """Converts the JSON of `measured.mjs` to arrays and numbers."""
    return {
        "samples": np.array(found["samples"], "float32").reshape(found["dims"]),
        "milliseconds": {int(count): time for count, time in found["milliseconds"].items()},
        "cold_start": found["cold_start"],
    }


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Handler of files in a folder, without a log."""

    def log_message(self, *message):
        pass


@contextlib.contextmanager
def serving(folder):
    """Serves a folder on this machine, as `python -m http.server` does; yields the address."""
    handler = functools.partial(QuietHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def chromium():
    """Starts Chromium without a window."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or sys.exit("expected chromium")
    for flag in FLAGS:
        options.add_argument(flag)
    driver = shutil.which("chromedriver") or sys.exit("expected chromedriver")
    browser = webdriver.Chrome(options=options, service=Service(driver))
    try:
        yield browser
    finally:
        browser.quit()
