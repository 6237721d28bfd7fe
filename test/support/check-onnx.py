"""Fails where a file is not as the ONNX standard has it, types and shapes included: `check-onnx.py FILE...`."""

import sys

import onnx

for path in sys.argv[1:]:
    # Full: with strict inference, which holds the bodies of Loops to the shapes that they say.
    onnx.checker.check_model(path, full_check=True)
    onnx.shape_inference.infer_shapes(onnx.load(path), check_type=True, strict_mode=True, data_prop=True)
