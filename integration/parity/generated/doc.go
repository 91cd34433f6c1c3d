// Package generated makes playbooks at random out of the language's structure, runs them by ansible-core and by pfrun, and compares what both print.
//
// A seed gives one Case: a playbook over a few hosts, all of them reached by the connection local but for one that nobody can reach, with roles, files that are included, variables at many
// levels, and the flags of the command line. Nothing it does changes the machine. What the two print is brought to a trace (trace.go), in which the words of errors are left out; the traces
// and the exit codes must be the same. A case that differs is made smaller, node by node, as long as it differs.
//
// "make parity-generated SEED=1 COUNT=100" runs both and keeps what differs below bin/generated. testdata holds a sample with what ansible-core said, to which "make test" holds pfrun.
package generated
