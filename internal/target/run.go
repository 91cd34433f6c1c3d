package target

import (
	"context"
	"fmt"
)

// maxOutput is how much a program may say on each of its outputs: more is an error, not a full memory.
const maxOutput = 64 << 20

// result is what a program gave.
type result struct {
	status int
	stdout []byte
	stderr []byte
}

// run runs a program and keeps what it says. One that only looks is ended when it says too much; one that does something may come to its end.
func (h *Host) run(ctx context.Context, p program) (result, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	tooMuch := fmt.Errorf("%s said more than %d bytes", p.argv[0], maxOutput)
	flood := func() {
		if p.looks {
			cancel(tooMuch)
		}
	}
	out, errs := capture{flood: flood}, capture{flood: flood}
	p.stdout, p.stderr = &out, &errs
	status, err := h.launch(ctx, p)
	if (err == nil || p.looks) && (out.over || errs.over) {
		err = h.at("", tooMuch)
	}
	return result{status, out.data, errs.data}, err
}

// capture keeps what is written, up to maxOutput.
type capture struct {
	data  []byte
	over  bool
	flood func() // is called when that is too much
}

func (c *capture) Write(b []byte) (int, error) {
	if len(c.data)+len(b) > maxOutput {
		c.over = true
		c.flood()
		return len(b), nil
	}
	c.data = append(c.data, b...)
	return len(b), nil
}
