"""What the converter, the cache and the session agree on about the converted network.

Apart from `convert`, because a worker that finds a cached model never needs the onnx package.
"""

# By precision. In the name of every cached file and in the identity of the model. Change one with
# whatever changes its graph: nodes, how the weights are folded or rounded, the names below.
VERSIONS = {"fp32": "fp32-1", "int8": "int8-1"}
INPUT = "chips"  # N x 150 x 150 x 3 uint8 RGB
OUTPUT = "descriptors"  # N x 128 float32
