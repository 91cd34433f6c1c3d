// Package parity runs playbooks by ansible-core and by pfrun, and compares what they leave behind.
//
// Every folder of testdata is one case: play.yml and what goes with it (roles, files, an inventory named hosts where the shared one, testdata/hosts, does not do). The file "runs", where
// there is one, holds a command line a line, with variables of the environment before it; else play.yml is run once. A case writes below {{ out }}, which is /srv/parity/CASE on every
// machine, and below /etc/parity/CASE. Compared are
//
//   - the trees there, on the control node and on every host: names, types, modes, owners, link targets, contents. Registered values are compared as files that a case writes
//     with to_nice_json: from files named *.json the keys of the table "volatile" are left out, each for the reason that stands there;
//   - the lines of the recap of every run, Ansible's seven numbers a host;
//   - the exit code of every run.
//
// The two peers run on twin fleets: containers of one image under the same names, pfrun under the name ansible-playbook. What ansible-core gave is recorded in testdata/CASE.json, with a
// hash of what it was made from. "make test" runs pfrun against the recordings. "make parity" runs both, prints a table, and fails where a recording is stale: so it also holds
// ansible-core on one fleet to ansible-core on another, and what differs from run to run is found. "make parity-record" records. ONLY=CASE,CASE takes these cases alone,
// ONLY=stale those that have changed since they were recorded.
//
// A case that pfrun is known to fail stands in testdata/pending.txt with the reason, and must differ: the test fails when it does not any more.
package parity
