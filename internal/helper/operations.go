package helper

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"reflect"

	"github.com/pfrun/pfrun/internal/wire"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// operation is what the helper does when it is asked for something. args and answer are of the types that travel; do is given a value of the first, and gives one of the second or, for
// an answer of nil, nothing.
type operation struct {
	args, answer any
	do           func(j *job, args any) (any, error)
}

// operations are all but opBegin, by their op. They are not made by a generic function of their types: that is 20 KB of the helper.
var operations = [...]operation{
	opFacts: {nothing{}, &host.Facts{}, func(j *job, _ any) (any, error) { return j.s.host.Facts(j.look) }},
	opStat:  {"", host.Stat{}, func(j *job, a any) (any, error) { return j.s.host.Stat(j.look, a.(string)) }},
	opRead: {readArgs{}, &change.File{}, func(j *job, a any) (any, error) {
		r := a.(readArgs)
		return j.s.host.ReadFile(j.look, r.Path, r.Limit)
	}},
	opWalk: {"", nil, func(j *job, a any) (any, error) { return nil, j.walk(a.(string)) }},
	opState: {change.Ref{}, stateAnswer{}, func(j *job, a any) (any, error) {
		s, err := j.s.host.State(j.look, a.(change.Ref))
		return stateAnswer{s}, err
	}},
	opProbe:   {host.Probe{}, host.Output{}, func(j *job, a any) (any, error) { return j.s.host.Probe(j.look, a.(host.Probe)) }},
	opDial:    {dialArgs{}, nil, func(j *job, a any) (any, error) { return nil, j.dial(a.(dialArgs)) }},
	opApply:   {applyArgs{}, change.Outcome{}, func(j *job, a any) (any, error) { return modules.Apply(j.hard, j.s.host, a.(applyArgs).Change) }},
	opPerform: {performArgs{}, performAnswer{}, func(j *job, a any) (any, error) { return j.perform(a.(performArgs)) }},
}

// besides are of the types of what travels besides arguments and answers.
var besides = []any{begin{}, plannedArgs{}, statPart{}, modules.Plan{}, change.Outcome{}, fault{}}

// do does what a request asks for, and gives its answer. A panic ends the request and not the helper.
func (j *job) do(o op, form []byte) (answer any, err error) {
	if int(o) >= len(operations) || operations[o].do == nil {
		return nil, fmt.Errorf("%w: request %d", errFrame, o)
	}
	operation := operations[o]
	args := reflect.New(reflect.TypeOf(operation.args))
	if err := j.s.decoder().Decode(form, args.Interface()); err != nil {
		return nil, err
	}
	err = modules.Guard("the helper", func() (err error) {
		answer, err = operation.do(j, args.Elem().Interface())
		return err
	})
	if err == nil && reflect.TypeOf(answer) != reflect.TypeOf(operation.answer) {
		err = fmt.Errorf("%w: the answer to request %d is a %T", errFrame, o, answer)
	}
	return answer, err
}

// Form gives a hash of what is spoken between pfrun and a helper with these modules: of the types of all that travels. It is made of the types themselves at either end, so that it
// differs wherever one would misread the other.
func Form(specs []modules.Spec) string {
	var of []reflect.Type
	add := func(v any) {
		if v != nil {
			of = append(of, reflect.TypeOf(v))
		}
	}
	for _, v := range besides {
		add(v)
	}
	for _, o := range operations[opFacts:] {
		add(o.args)
		add(o.answer)
	}
	names := ""
	for _, s := range specs {
		names += s.Name + " "
		add(s.New())
	}
	sum := sha256.Sum256([]byte(fmt.Sprint(protocol, sentinels, names) + wire.Describe(of...)))
	return hex.EncodeToString(sum[:8])
}
