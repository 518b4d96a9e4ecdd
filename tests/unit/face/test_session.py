"""A worker that is forked at a bad moment still recognises faces."""

import subprocess
import sys

SCRIPT = """
import os, signal, threading
import numpy as np
from onnx import TensorProto, helper
from facepay.face.models.session import Network

x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy")
graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "same", [x], [y])
opset = helper.make_opsetid("", 17)
model = helper.make_model(graph, opset_imports=[opset], ir_version=8).SerializeToString()
parent, loading, forked = os.getpid(), threading.Event(), threading.Event()

def load():
    if os.getpid() == parent:
        loading.set()
        forked.wait()
    return model

network, feed = Network(load), {"x": np.ones(1, np.float32)}
thread = threading.Thread(target=network.run, args=("y", feed))
thread.start()
loading.wait()
child = os.fork()
if not child:
    signal.alarm(5)  # ends a child that waits for a lock that nobody releases
    os._exit(0 if network.run("y", feed) == 1 else 1)
status = os.waitpid(child, 0)[1]
forked.set()
thread.join()
raise SystemExit(os.waitstatus_to_exitcode(status))
"""


def test_a_worker_forked_while_another_thread_loads_the_network_loads_its_own() -> None:
    subprocess.run([sys.executable, "-c", SCRIPT], check=True, timeout=60)
