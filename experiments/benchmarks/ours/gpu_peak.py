"""What the first device of JAX is and how fast it multiplies bfloat16 matrices.

    python -m experiments.benchmarks.ours.gpu_peak [--size 8192]

Prints one JSON line: the device's name and TFLOP/s, the mean of 20 products of random matrices.
"""

import argparse
import json
import time


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, help="rows and columns; 8192 on a GPU, 1024 elsewhere")
    parser.add_argument("--products", type=int, default=20)
    options = parser.parse_args()
    import jax

    device = jax.devices()[0]
    size = options.size or (8192 if device.platform == "gpu" else 1024)
    keys = jax.random.split(jax.random.key(0))
    left, right = (jax.random.normal(key, (size, size), jax.numpy.bfloat16) for key in keys)
    multiply = jax.jit(jax.numpy.matmul)
    for _ in range(3):
        multiply(left, right).block_until_ready()
    started = time.perf_counter()
    for _ in range(options.products):
        product = multiply(left, right)
    product.block_until_ready()
    seconds = (time.perf_counter() - started) / options.products
    print(json.dumps({"device": device.device_kind, "tflop_per_s": 2 * size**3 / seconds / 1e12}))


if __name__ == "__main__":
    main()
