"""The libraries of the face engine send no usage reports to their makers."""

import os
import subprocess
import sys
from pathlib import Path

_PROGRAM = """
import numpy as np
from facepay.face.model_store import ModelStore
ModelStore().embedder().describe_fused([np.full((150, 150, 3), 128, dtype=np.uint8)])
"""


def test_onnxruntime_leaves_no_identifier_and_so_reports_to_nobody(tmp_path: Path) -> None:
    surroundings = {"PATH": os.environ["PATH"], "XDG_CACHE_HOME": os.environ["XDG_CACHE_HOME"]}
    surroundings |= {"HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", _PROGRAM], cwd=tmp_path, env=surroundings, check=True)
    assert list(tmp_path.iterdir()) == []
