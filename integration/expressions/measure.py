#!/usr/bin/env python3
"""Says what ansible-core makes of templates: reads cases as JSON lines on standard input, and writes each with what came of it.

A case is {"id", "kind": "arg" | "when" | "template", "template", "vars", "files"}; added are "repr_2_19" (the exact repr of the value) or "error_2_19" (the message).
"value_2_19" is the value where it is JSON. With --parse nothing is evaluated: "error_2_19" says what is wrong with the syntax.
Run it where ansible-core 2.19 is installed. What a template reads of the machine is what that machine has.
"""
import json
import os
import resource
import signal
import sys
import tempfile

os.environ.setdefault("TZ", "UTC")
os.environ.setdefault("EVAL_ENV", "envval")
os.environ.setdefault("ANSIBLE_LOCALHOST_WARNING", "False")
os.environ.setdefault("ANSIBLE_DEPRECATION_WARNINGS", "False")

import jinja2
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar, trust_as_template
from ansible._internal._templating._jinja_bits import TemplateOverrides
from ansible.module_utils._internal import _datatag
from ansible.utils.display import Display

# What one case may take.
SECONDS = 10
resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))

init_plugin_loader()
Display().display = lambda *a, **k: None


def trusted(value):
    """Marks every string of a value as a template, as the loader of variable files does."""
    if isinstance(value, str):
        return trust_as_template(value)
    if isinstance(value, list):
        return [trusted(v) for v in value]
    if isinstance(value, dict):
        return {trusted(k): trusted(v) for k, v in value.items()}
    return value


def plain(value):
    """The value in builtin types, so that its repr is Python's."""
    if isinstance(value, dict):
        return {plain(k): plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, tuple):
        return tuple(plain(v) for v in value)
    return _datatag.AnsibleTagHelper.untag(value) if not isinstance(value, (dict, list, tuple)) else value


def evaluate(case, directory):
    templar = Templar(DataLoader(), trusted(case.get("vars") or {}))
    text = trust_as_template(case["template"])
    kind = case.get("kind", "arg")
    if kind == "when":
        return templar.evaluate_conditional(text)
    if kind == "template":
        templar = templar.copy_with_new_env(searchpath=[directory])
        return templar.template(text, escape_backslashes=False, overrides=dict(trim_blocks=True, lstrip_blocks=False))
    return templar.template(text)


class Late(Exception):
    pass


def late(*_):
    raise Late("it takes too long")


def measure(case):
    signal.signal(signal.SIGALRM, late)
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as directory:
        for name, text in (case.get("files") or {}).items():
            path = os.path.join(directory, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as f:
                f.write(text)
        os.chdir(directory)
        signal.alarm(SECONDS)
        try:
            value = plain(evaluate(case, directory))
            case["repr_2_19"], case["error_2_19"] = repr(value), None
            try:
                case["value_2_19"] = json.loads(json.dumps(value))
            except (TypeError, ValueError):
                pass
        except BaseException as e:
            chain, seen = [], e
            while seen is not None and len(chain) < 6:
                chain.append(getattr(seen, "_original_message", None) or str(seen))
                seen = seen.__cause__
            case["repr_2_19"], case["error_2_19"] = None, " | ".join(chain) or type(e).__name__
        finally:
            signal.alarm(0)
            os.chdir("/")
    return case


def parse(case):
    """Says whether Jinja2 can parse a case, with the extensions that Ansible has by default."""
    text = case["template"]
    if case["kind"] == "when" and "{{" not in text and "{%" not in text:
        text = "{{ (%s) }}" % text
    try:
        text, overrides = TemplateOverrides.DEFAULT._extract_template_overrides(text)
        jinja2.Environment(trim_blocks=True).overlay(**overrides.overlay_kwargs()).parse(text)
        case["error_2_19"] = None
    except Exception as e:
        case["error_2_19"] = str(e) or type(e).__name__
    return case


def main():
    answer = parse if "--parse" in sys.argv else measure
    for line in sys.stdin:
        if line.strip():
            print(json.dumps(answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
