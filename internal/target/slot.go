package target

import "context"

// slot holds a value that is made when it is first needed and again after it was dropped. Waiting for one that is being made ends with the context.
type slot[T any] struct{ box chan held[T] }

type held[T any] struct {
	value T
	there bool
}

func newSlot[T any]() slot[T] {
	s := slot[T]{make(chan held[T], 1)}
	s.box <- held[T]{}
	return s
}

// get gives the value, and makes it where there is none. A failed attempt leaves the slot empty.
func (s slot[T]) get(ctx context.Context, make func(context.Context) (T, error)) (T, error) {
	var h held[T]
	select {
	case h = <-s.box:
	case <-ctx.Done():
		return h.value, context.Cause(ctx)
	}
	defer func() { s.box <- h }()
	if h.there {
		return h.value, nil
	}
	v, err := make(ctx)
	if err != nil {
		return v, err
	}
	h = held[T]{v, true}
	return v, nil
}

// take empties the slot and gives what was in it.
func (s slot[T]) take(ctx context.Context) (value T, there bool, err error) {
	select {
	case h := <-s.box:
		s.box <- held[T]{}
		return h.value, h.there, nil
	case <-ctx.Done():
		return value, false, context.Cause(ctx)
	}
}

// drop empties the slot where what is in it is what was meant.
func (s slot[T]) drop(ctx context.Context, meant func(T) bool) {
	select {
	case h := <-s.box:
		if h.there && meant(h.value) {
			h = held[T]{}
		}
		s.box <- h
	case <-ctx.Done():
	}
}
