// Package jinja evaluates the expressions and templates of playbooks: the Jinja2 language with the semantics of ansible-core 2.19 and the values of Python.
//
// An Env holds what templates may use (filters, tests, globals, lookups) and compiles strings: CompileArg for a value of a playbook, CompileExpr for a bare condition,
// CompileFile for a template file. Names of filters and tests are resolved when a template is compiled, so that a mistyped one is found before any host is connected to.
// A Template is immutable and may be evaluated by many goroutines at once; what a run may see comes from a Scope.
//
// Only what was compiled is ever evaluated. A string that comes from a managed host, a registered result or a lookup is data, even if it holds "{{".
//
// The value Unknown stands for the outcome of something that was only planned. The operators and, or and not treat it after Kleene, "is defined" is true of it,
// and every other operator, filter or test makes an Unknown of it; in a list or a dict only that element is unknown.
package jinja
