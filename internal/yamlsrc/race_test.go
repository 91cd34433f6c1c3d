//go:build race

package yamlsrc

// slower is how much longer things may take here: the race detector looks at every access. "make test" runs the bombs without it too.
const slower = 10
