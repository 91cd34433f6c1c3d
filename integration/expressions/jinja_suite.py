#!/usr/bin/env python3
"""Records what Jinja2's own test-suite renders: jinja_suite.py CHECKOUT OUT.json

CHECKOUT is a checkout of Jinja2, whose tests are run by pytest against the installed Jinja2. Every template that they render, and that Ansible's environment can reach, is rendered once more as
Ansible does (undefined values are errors, None prints nothing) and written to OUT.json as TestJinja2Suite reads it. What cannot be reached is counted by reason on standard error.
"""
import collections
import json
import os
import sys

import jinja2
import jinja2.defaults
import jinja2.environment
import jinja2.sandbox
import jinja2.nativetypes
import pytest

KNOWN_EXTENSIONS = {"jinja2.ext.ExprStmtExtension": "jinja2.ext.do", "jinja2.ext.LoopControlExtension": "jinja2.ext.loopcontrols"}

records, unreachable, current = [], collections.Counter(), [""]
plain = jinja2.Environment()
from_string = jinja2.Environment.from_string
render = jinja2.Template.render
new = jinja2.Template.__new__


def reason(env):
    """Why an environment is none that Ansible could have; None where it is one."""
    if isinstance(env, (jinja2.sandbox.SandboxedEnvironment, jinja2.nativetypes.NativeEnvironment)):
        return "a sandbox or native types"
    if env.is_async:
        return "async"
    for name in ("block_start_string", "block_end_string", "variable_start_string", "variable_end_string", "comment_start_string", "comment_end_string"):
        if getattr(env, name) != getattr(plain, name):
            return "other delimiters"
    if env.line_statement_prefix or env.line_comment_prefix:
        return "line statements"
    if env.autoescape is not False:
        return "autoescape"
    if env.newline_sequence != "\n":
        return "another newline"
    if any(e not in KNOWN_EXTENSIONS for e in env.extensions):
        return "an extension"
    if any(env.filters[n] is not jinja2.defaults.DEFAULT_FILTERS.get(n) for n in env.filters) or any(env.tests[n] is not jinja2.defaults.DEFAULT_TESTS.get(n) for n in env.tests):
        return "a filter or test of the test itself"
    if any(env.globals[n] is not jinja2.defaults.DEFAULT_NAMESPACE.get(n) for n in env.globals if n in jinja2.defaults.DEFAULT_NAMESPACE):
        return "a global of the test itself"
    return None


def as_json(value):
    """The value through JSON, or an error where it is not the same on the other side."""
    text = json.dumps(value)
    if repr(json.loads(text)) != repr(value):
        raise TypeError("no JSON")
    return json.loads(text)


def files_of(env):
    if env.loader is None:
        return {}
    return {name: env.loader.get_source(env, name)[0] for name in env.list_templates()}


def record(template, source, variables):
    env = template.environment
    why = reason(env)
    if why:
        unreachable[why] += 1
        return
    given = {k: v for k, v in template.globals.items() if k not in jinja2.defaults.DEFAULT_NAMESPACE}
    try:
        variables = as_json({**given, **variables})
        files = files_of(env)
    except (TypeError, ValueError, jinja2.TemplateError, UnicodeDecodeError):
        unreachable["values that are no JSON, or a loader without a list"] += 1
        return
    extensions = [KNOWN_EXTENSIONS[e] for e in env.extensions]
    strict = jinja2.Environment(
        trim_blocks=env.trim_blocks, lstrip_blocks=env.lstrip_blocks, keep_trailing_newline=env.keep_trailing_newline, extensions=extensions,
        undefined=jinja2.StrictUndefined, finalize=lambda v: "" if v is None else v, loader=jinja2.DictLoader(files),
    )
    case = dict(id=f"{current[0]}#{len(records)}", template=source, files=files, vars=variables, trim=env.trim_blocks, lstrip=env.lstrip_blocks, keep=env.keep_trailing_newline,
                ext=extensions, expected=None, error="")
    try:
        case["expected"] = render(from_string(strict, source), json.loads(json.dumps(variables)))
    except Exception as e:
        case["error"] = f"{type(e).__name__}: {e}"
    if " object at 0x" in (case["expected"] or ""):
        unreachable["an address in the output"] += 1
        return
    records.append(case)


def keep_source(self, source, *args, **kwargs):
    template = from_string(self, source, *args, **kwargs)
    if isinstance(source, str):
        template._source = source
    return template


def render_and_record(self, *args, **kwargs):
    source = getattr(self, "_source", None)
    if source is None and self.name and self.environment.loader:
        try:
            source = self.environment.loader.get_source(self.environment, self.name)[0]
        except Exception:
            source = None
    try:
        variables = dict(*args, **kwargs)
    except Exception:
        variables = None
    if source is None or variables is None:
        unreachable["a template without a source"] += 1
    else:
        record(self, source, variables)
    return render(self, *args, **kwargs)


def template_with_source(cls, source, *args, **kwargs):
    template = new(cls, source, *args, **kwargs)
    template._source = source
    return template


class Plugin:
    @pytest.hookimpl
    def pytest_runtest_setup(self, item):
        current[0] = item.nodeid


def main():
    checkout, out = sys.argv[1:3]
    jinja2.Environment.from_string = keep_source
    jinja2.Template.render = render_and_record
    jinja2.Template.__new__ = template_with_source
    os.chdir(checkout)
    pytest.main(["-q", "-p", "no:cacheprovider", "--ignore-glob=*test_async*", "tests"], plugins=[Plugin()])
    seen, unique = set(), []
    for r in records:
        key = json.dumps({k: r[k] for k in r if k != "id"}, sort_keys=True)
        if key not in seen:
            seen.add(key)
            unique.append(r)
    with open(out, "w") as f:
        json.dump(unique, f)
    print(f"{len(unique)} templates recorded of {len(records)}; not reachable:", dict(unreachable), file=sys.stderr)


if __name__ == "__main__":
    main()
