"""The drawer of tools: each file has one constant `TOOLS`, and is found by itself."""
