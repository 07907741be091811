"""A preview server for exported generators: TF Serving's REST API over onnxruntime.

    DIR/<version>/assets.extra/generator.onnx -> http://127.0.0.1:8501/v1/models/NAME

Clients of TF Serving work unchanged: paths, signatures, row and columnar format, status codes and
error messages are the same. As in TF Serving, only the newest version is served, and the previous
one is unloaded once the new one is ready. The differences are intended:

- Non-finite latents, unknown labels, and a count, seed or truncation out of range are refused
  (400); the SavedModel would compute something.
- Requests have limits: rows, bytes, seconds (413, 408, 431). A full queue is 503 with Retry-After.
- Only `predict` is supported, as for the exported signatures, and no version labels.
- There are additional paths `/`, `/healthz`, `/readyz`, `/metrics` and `NAME/sample.png?count=16`.

`serving.py` runs the process, `versions.py` loads the models, `app.py` defines the paths, `rest.py`
the JSON of TF Serving, `batching.py` the queue, and `protocol.py` the timeouts of clients.
"""
