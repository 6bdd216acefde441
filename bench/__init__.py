"""Benchmarks of the bridge: each figure stands beside a floor measured on the same machine in the same rounds."""
