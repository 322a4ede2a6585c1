"""ONNX encoders that ship with the package."""
