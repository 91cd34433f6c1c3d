package jinja

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
)

// EvalShown evaluates a text that people read, such as the name of a task. What cannot be computed stands in it as "<< error N - why >>", as ansible-core 2.19 shows it; behind a block
// that fails nothing more comes.
func (t *Template) EvalShown(ctx context.Context, s Scope) Value {
	v, err := t.Eval(ctx, s)
	if err == nil || ctx.Err() != nil {
		return v
	}
	if t.expr != nil || t.blocks != nil || t.extends {
		return mark(1, err)
	}
	st := newState(ctx, s)
	st.t = t
	var b strings.Builder
	failed := 0
	for _, stmt := range t.body {
		out := &output{}
		st.out = out
		err := stmt.exec(st)
		if err == nil {
			var piece Value
			if piece, err = out.value(st); err == nil && piece != nil {
				b.WriteString(Str(piece))
			}
		}
		if err == nil {
			continue
		}
		failed++
		b.WriteString(mark(failed, err))
		if _, printed := stmt.(*printStmt); !printed {
			b.WriteString(mark(failed+1, errors.New("template potentially truncated")))
			break
		}
	}
	return b.String()
}

// mark stands in a text in place of what could not be computed.
func mark(n int, err error) string {
	why := err.Error()
	var d *diag.Diagnostic
	if errors.As(err, &d) {
		why = d.Message
	}
	return fmt.Sprintf("<< error %d - %s >>", n, why)
}
