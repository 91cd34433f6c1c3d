package helper

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"

	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/host"
)

// frames gives the frames of messages.
func frames(t testing.TB, all ...message) []byte {
	t.Helper()
	var b bytes.Buffer
	w := &frameWriter{w: &b}
	for _, m := range all {
		if err := w.send(m); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func TestMessagesComeBackWhole(t *testing.T) {
	all := []message{
		{request, 1, nil}, {answer, 2, []byte("x")}, {part, 3, bytes.Repeat([]byte("y"), maxBody)}, {data, 1 << 31, bytes.Repeat([]byte("z"), maxBody+1)},
		{planned, 4, bytes.Repeat([]byte("0123456789"), maxBody)},
	}
	r := newFrameReader(bytes.NewReader(frames(t, all...)))
	for _, want := range all {
		got, err := r.next()
		if err != nil || got.kind != want.kind || got.id != want.id || !bytes.Equal(got.body, want.body) {
			t.Errorf("kind %d of %d bytes came as kind %d of %d bytes, %v", want.kind, len(want.body), got.kind, len(got.body), err)
		}
	}
	if _, err := r.next(); !errors.Is(err, io.EOF) || errors.Is(err, errFrame) {
		t.Errorf("the end: %v", err)
	}
	if r.held != 0 || len(r.parts) != 0 {
		t.Errorf("%d bytes and %d messages are held", r.held, len(r.parts))
	}
}

// Messages in several frames may be mixed.
func TestMessagesMayBeMixed(t *testing.T) {
	var b bytes.Buffer
	w := &frameWriter{w: &b}
	for _, f := range []struct {
		id   uint32
		text string
		more bool
	}{{1, "a", true}, {2, "1", true}, {1, "b", true}, {3, "x", false}, {2, "2", false}, {1, "c", false}} {
		if err := w.frame(answer, f.id, []byte(f.text), f.more); err != nil {
			t.Fatal(err)
		}
	}
	r := newFrameReader(&b)
	for _, want := range []string{"x", "12", "abc"} {
		if got, err := r.next(); err != nil || string(got.body) != want {
			t.Errorf("%q, %v, want %q", got.body, err, want)
		}
	}
}

func TestBrokenFramesAreRefused(t *testing.T) {
	whole := frames(t, message{request, 1, []byte("body")})
	tooMany := bytes.NewBuffer(nil)
	w := &frameWriter{w: tooMany}
	for id := range uint32(maxOpen + 1) {
		if err := w.frame(answer, id, []byte("x"), true); err != nil {
			t.Fatal(err)
		}
	}
	for name, in := range map[string][]byte{
		"cut": whole[:len(whole)-1], "kind_0": append([]byte{0, 0, 0, 0, 0}, 0, 0, 0, 1), "kind_unknown": append([]byte{0, 0, 0, 0, byte(kinds)}, 0, 0, 0, 1),
		"long": {0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0, 1}, "open": tooMany.Bytes(),
	} {
		if _, err := newFrameReader(bytes.NewReader(in)).next(); !errors.Is(err, errFrame) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := w.send(message{request, 1, make([]byte, maxMessage+1)}); err == nil {
		t.Error("a message that is too long was sent")
	}
}

func FuzzFrames(f *testing.F) {
	f.Add(frames(f, message{request, 1, []byte("a")}, message{answer, 2, bytes.Repeat([]byte("x"), maxBody+5)}))
	f.Add([]byte{0, 0, 0, 1, 0x81, 0, 0, 0, 1, 'x', 0, 0, 0, 0, 1, 0, 0, 0, 1})
	f.Add([]byte{0, 1, 0, 1, 1})
	f.Fuzz(func(t *testing.T, in []byte) {
		r := newFrameReader(bytes.NewReader(in))
		total := 0
		for {
			m, err := r.next()
			if err != nil {
				break
			}
			if total += len(m.body) + headerSize; total > len(in) {
				t.Fatalf("%d bytes came of %d", total, len(in))
			}
		}
		if r.held > len(in) {
			t.Fatalf("%d bytes are held of %d", r.held, len(in))
		}
	})
}

// FuzzServer has a helper take anything for requests: it may refuse, and must end.
func FuzzServer(f *testing.F) {
	body, err := requestBody(opBegin, 0, encoderForTests, begin{Name: "h"})
	if err != nil {
		f.Fatal(err)
	}
	first := frames(f, message{request, 0, body})
	f.Add(first)
	for o := opFacts; o <= opPerform; o++ {
		f.Add(append(bytes.Clone(first), frames(f, message{request, 1, []byte{byte(o), 0, 1, 'x'}}, message{giveUp, 1, []byte{giveUpAll}})...))
	}
	f.Add(append(bytes.Clone(first), frames(f, message{planned, 1, []byte{0}}, message{data, 1, []byte{0}})...))
	f.Fuzz(func(t *testing.T, in []byte) {
		s := Server{Hash: "x", Open: openNothing}
		_ = s.Serve(t.Context(), bytes.NewReader(in), io.Discard)
	})
}

// TestFormTellsModulesApart holds that what a task is made of is part of the form, and nothing else is.
func TestFormTellsModulesApart(t *testing.T) {
	spec := func(name string, task modules.Task) modules.Spec {
		return modules.Spec{Name: name, New: func() modules.Task { return task }}
	}
	forms := map[string]string{}
	for name, specs := range map[string][]modules.Spec{
		"none": nil, "one": {spec("m", &taskA{})}, "other field": {spec("m", &taskB{})}, "other name": {spec("n", &taskA{})}, "two": {spec("m", &taskA{}), spec("n", &taskB{})},
	} {
		f := Form(specs)
		if other, same := forms[f]; same || f != Form(specs) {
			t.Errorf("%s has the form %s, as %s", name, f, other)
		}
		forms[f] = name
	}
}

type planless struct{}

func (planless) Plan(context.Context, host.Reader) (*modules.Plan, error) { return nil, nil }

type (
	taskA struct {
		planless
		Path string
	}
	taskB struct {
		planless
		Path []string
	}
)
