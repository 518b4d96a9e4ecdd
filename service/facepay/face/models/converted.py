"""Versions and names of the converted network, shared by converter, cache and model cards.

They are apart from `convert`, because a worker with a cached model never needs the onnx package.
"""

# By precision. The version is part of every cached file's name and of the model's identity. Change
# it with any change of the graph: nodes, folding or rounding of weights, the names below.
VERSIONS = {"fp32": "fp32-1", "int8": "int8-1"}
INPUT = "chips"  # N x 150 x 150 x 3 uint8 RGB
OUTPUT = "descriptors"  # N x 128 float32
