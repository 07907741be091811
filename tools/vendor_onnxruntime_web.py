"""Downloads the parts of onnxruntime-web that the exported page includes.

python tools/vendor_onnxruntime_web.py

npm packs the pinned version, and nothing is written unless the package has the pinned SHA-512
(`npm view onnxruntime-web dist.integrity`). The licence is that in onnxruntime's wheel for Python;
the npm package has none.
"""

import base64
import hashlib
import importlib.metadata
import pathlib
import subprocess
import sys
import tarfile
import tempfile

ASSETS = pathlib.Path(__file__).parents[1] / "keras_gan" / "export" / "web" / "assets"
PACKAGE = "onnxruntime-web@1.30.0"
INTEGRITY = (
    "sha512-q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZ"
    "ClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ=="
)
FILES = {  # name -> SHA-256, which the tests compare with what lies there
    "ort.wasm.bundle.min.mjs": "11e64bd8ffe11bd1a2a2f0d6275fdfbbba7262f0b76b99b53d228a8a22ef3d90",
    "ort-wasm-simd-threaded.wasm": (
        "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2"
    ),
}
LICENCE = "onnxruntime-web.LICENSE"


def main():
    """Downloads, checks and writes the files."""
    with tempfile.TemporaryDirectory() as work:
        subprocess.run(["npm", "pack", PACKAGE, "--silent"], cwd=work, check=True)
        (archive,) = pathlib.Path(work).iterdir()
        digest = hashlib.sha512(archive.read_bytes()).digest()
        received = "sha512-" + base64.b64encode(digest).decode()
        if received != INTEGRITY:
            sys.exit(f"expected {PACKAGE} with {INTEGRITY}, got {received}; nothing was written.")
        with tarfile.open(archive) as package:
            for name in FILES:
                content = package.extractfile(f"package/dist/{name}").read()
                (ASSETS / name).write_bytes(content)
    (licence,) = (
        file for file in importlib.metadata.files("onnxruntime") if file.name == "LICENSE"
    )
    (ASSETS / LICENCE).write_bytes(licence.read_binary())
    for name in (*FILES, LICENCE):
        print(name, hashlib.sha256((ASSETS / name).read_bytes()).hexdigest())


if __name__ == "__main__":
    main()
