"""What the converter, the cache and the session agree on about the converted network.

Apart from `convert`, because a worker that finds a cached model never needs the onnx package.
"""

# In the name of every cached file. Change it with whatever changes the graph: its nodes, how the
# weights are folded, the names below.
VERSION = "fp32-1"
INPUT = "chips"  # N x 150 x 150 x 3 uint8 RGB
OUTPUT = "descriptors"  # N x 128 float32
