"""Runs the ONNX generator on NVIDIA's Triton, with onnxruntime in its Python backend.

    python3 -m venv triton && . triton/bin/activate   # Triton looks for numpy there
    pip install nvidia-pytriton onnxruntime
    site=$(python -c "import sysconfig; print(sysconfig.get_path('purelib'))")
    lib=$(python -c "import sysconfig; print(sysconfig.get_config_var('LIBDIR'))")
    export LD_LIBRARY_PATH=$site/nvidia_pytriton.libs:$lib PYTHONPATH=.
    python tools/distribute/triton.py saved_models/digits/generator.onnx --name digits

Triton gathers the requests that wait into batches. Inputs `latents (batch, n) float32 [, labels
(batch, 1) int32]`, output `images` or `samples` float32; HTTP on 8000, gRPC on 8001. Run with
nvidia-pytriton 0.7.0 (Triton 2.51) without a GPU: tritonclient's answers over both equal
`keras_gan.runtime.Generator`'s.
"""

import argparse

from keras_gan.runtime import Generator

import numpy as np
from pytriton.decorators import batch
from pytriton.model_config import ModelConfig, Tensor
from pytriton.triton import Triton, TritonConfig


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("generator", help="the ONNX file")
    parser.add_argument("--name", default="generator", help="(default: generator)")
    parser.add_argument("--host", default="127.0.0.1", help="(default: 127.0.0.1)")
    parser.add_argument("--batch-size", type=int, default=64, help="at most (default: 64)")
    arguments = parser.parse_args()
    generator = Generator(arguments.generator)

    @batch
    def infer(latents, labels=None):
        feed = {"latents": latents}
        if labels is not None:
            feed["labels"] = labels[:, 0]
        return [generator.session.run([generator.output], feed)[0]]

    inputs = [Tensor(name="latents", dtype=np.float32, shape=(generator.latent_size,))]
    if "labels" in generator.inputs:
        inputs.append(Tensor(name="labels", dtype=np.int32, shape=(1,)))
    shape = generator.session.get_outputs()[0].shape[1:]
    outputs = [Tensor(name=generator.output, dtype=np.float32, shape=tuple(shape))]
    config = TritonConfig(http_address=arguments.host, grpc_address=arguments.host)
    with Triton(config=config) as triton:
        triton.bind(
            model_name=arguments.name,
            infer_func=infer,
            inputs=inputs,
            outputs=outputs,
            config=ModelConfig(max_batch_size=arguments.batch_size),
        )
        triton.serve()


if __name__ == "__main__":
    main()
