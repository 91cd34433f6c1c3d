#!/usr/bin/env python3
"""Times templates in Ansible's templar and in plain Jinja2: bench.py < CASE.json, where CASE is what TestSideBySide writes: {"vars", "expression", "file"}.

Printed is a line a measurement: name, nanoseconds. Everything is compiled before, as in pfrun: what is measured is the evaluation."""
import json
import os
import sys
import time

os.environ.setdefault("ANSIBLE_LOCALHOST_WARNING", "False")
os.environ.setdefault("ANSIBLE_DEPRECATION_WARNINGS", "False")

import jinja2
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar, trust_as_template


def best(call, seconds=3.0):
    """The least time of many calls, which a busy machine disturbs least."""
    call()
    least, end = None, time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter_ns()
        call()
        took = time.perf_counter_ns() - start
        least = took if least is None else min(least, took)
    return least


def main():
    case = json.load(sys.stdin)
    env = jinja2.Environment(trim_blocks=True, keep_trailing_newline=True)
    init_plugin_loader()
    templar = Templar(DataLoader(), case["vars"])
    for name in ("expression", "file"):
        compiled = env.from_string(case[name])
        print(f"jinja2 {name} {best(lambda: compiled.render(case['vars']))}")
        text = trust_as_template(case[name])
        print(f"templar {name} {best(lambda: templar.template(text, escape_backslashes=False))}")


if __name__ == "__main__":
    main()
