//go:build !race

package yamlsrc

const slower = 1
