package target

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pfrun/pfrun/internal/transport/shell"
	"github.com/pfrun/pfrun/modules/host"
)

// Probe runs a program to look with, in the C locale. Scratch files lie in a folder that only the user who looks can enter, in memory where the host has a place for that, and
// are removed with the end of the program, however it ends: the signal that ends the program, which everything in its group gets, must not end the removal.
func (h *Host) Probe(ctx context.Context, p host.Probe) (host.Output, error) {
	if len(p.Argv) == 0 || p.Argv[0] == "" {
		return host.Output{}, h.at("", errors.New("a probe without a program"))
	}
	ctx, cancel := bounded(ctx, h.timeout)
	defer cancel()
	start := program{argv: p.Argv, env: []string{"LC_ALL=C"}}
	if p.Stdin != "" {
		start.stdin = strings.NewReader(p.Stdin)
	}
	if len(p.Scratch) > 0 || slices.ContainsFunc(p.Argv, func(a string) bool { return strings.Contains(a, host.ScratchDir) }) {
		text, err := scratchScript(p)
		if err != nil {
			return host.Output{}, h.at("", err)
		}
		start = program{argv: []string{"sh"}, stdin: strings.NewReader(text)}
	}
	start.looks = true
	r, err := h.run(ctx, start)
	if err != nil {
		return host.Output{}, err
	}
	if r.status == noScratch && strings.HasPrefix(string(r.stderr), "pfrun: ") {
		return host.Output{}, h.at("", errors.New(tail(string(r.stderr))))
	}
	return host.Output{Status: r.status, Stdout: string(r.stdout), Stderr: string(r.stderr)}, nil
}

// scratchScript writes the script for a probe with scratch files. It is read from stdin, so that what is in the files stands in no argument list. /dev/shm and /run are memory
// wherever they can be written.
func scratchScript(p host.Probe) (string, error) {
	var b strings.Builder
	b.WriteString("umask 077; d=; trap '' HUP INT TERM PIPE\nfor t in /dev/shm /run /tmp; do d=$(mktemp -d \"$t/.pfrun-XXXXXXXXXX\" 2>/dev/null) && break; done\n" +
		"[ -n \"$d\" ] || { echo 'pfrun: no folder for scratch files' >&2; exit 125; }\n" +
		"trap 'trap \"\" HUP INT TERM PIPE; rm -rf -- \"$d\"' EXIT; trap 'exit 129' HUP; trap 'exit 130' INT; trap 'exit 143' TERM; trap 'exit 141' PIPE\n")
	for _, name := range slices.Sorted(maps.Keys(p.Scratch)) {
		if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\x00") {
			return "", fmt.Errorf("scratch file %q: not a file name", name)
		}
		file := "\"$d\"/" + host.Quote(name)
		b.WriteString(": > " + file + "\n")
		for _, chunk := range chunks(p.Scratch[name]) {
			fmt.Fprintf(&b, "printf %s >> %s || { echo 'pfrun: cannot write a scratch file' >&2; exit 125; }\n", shell.Literal(chunk), file)
		}
	}
	// Postfix's programs wait for up to two seconds when a file that they read is as young as that: it may still be written to.
	b.WriteString("for f in \"$d\"/*; do [ -e \"$f\" ] && touch -t 200001010000 \"$f\"; done\n")
	b.WriteString("{ :")
	for _, chunk := range chunks(p.Stdin) {
		b.WriteString("; printf " + shell.Literal(chunk))
	}
	b.WriteString("; } 2>/dev/null | env LC_ALL=C")
	for _, a := range p.Argv {
		if strings.ContainsRune(a, 0) {
			return "", errors.New("a NUL cannot be in an argument")
		}
		b.WriteString(" " + inScratch(a))
	}
	b.WriteString("\nexit $?\n")
	return b.String(), nil
}

// inScratch gives a word of the script in which the folder stands for ScratchDir.
func inScratch(arg string) string {
	parts := strings.Split(arg, host.ScratchDir)
	for i, s := range parts {
		parts[i] = host.Quote(s)
	}
	return strings.Join(parts, `"$d"`)
}

// noScratch is the status of a probe whose scratch files could not be laid.
const noScratch = 125

const chunkSize = 16 << 10

func chunks(s string) [][]byte { return slices.Collect(slices.Chunk([]byte(s), chunkSize)) }
