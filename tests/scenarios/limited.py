"""Runs the bridge with a low limit of open files: `python -m tests.scenarios.limited 256 serve`."""

import resource
import runpy
import sys

if __name__ == "__main__":
    number = int(sys.argv.pop(1))
    resource.setrlimit(resource.RLIMIT_NOFILE, (number // 2, number))
    runpy.run_module("bridge", run_name="__main__", alter_sys=True)
