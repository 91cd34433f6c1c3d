package ssh

import (
	"context"
	"errors"
	"sync"
)

// maxSessions is how many sessions are open at once: below the 10 that sshd allows (MaxSessions).
const maxSessions = 8

// limiter lets so many sessions be open at once. It learns of a lower limit of the host when the host refuses one.
type limiter struct {
	mu      sync.Mutex
	limit   int
	active  int
	lasting int           // of the active ones, those that stay open as long as the connection
	changed chan struct{} // closed, and made anew, when there may be room
}

func newLimiter(limit int) *limiter {
	return &limiter{limit: limit, changed: make(chan struct{})}
}

// errNoRoom says that the sessions that stay open are all that the host allows.
var errNoRoom = errors.New("the host allows no further session beside those for file access: raise MaxSessions in its sshd_config")

// acquire waits for room.
func (l *limiter) acquire(ctx context.Context) error {
	for {
		changed, err := l.try()
		if changed == nil {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// try takes room, or gives the channel that is closed when there may be some.
func (l *limiter) try() (changed chan struct{}, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.active < l.limit:
		l.active++
		return nil, nil
	case l.active == l.lasting:
		return nil, errNoRoom
	}
	return l.changed, nil
}

// keep says that one of the active sessions stays open; unkeep that it is about to be closed.
func (l *limiter) keep() { l.addLasting(1) }

func (l *limiter) unkeep() { l.addLasting(-1) }

func (l *limiter) addLasting(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lasting += n
	l.wake()
}

// release gives the room back.
func (l *limiter) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.active--
	l.wake()
}

// lower sets the limit to the sessions that are open now, because the host allows no more, and says whether waiting for one of them makes sense.
func (l *limiter) lower() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.active == 0 {
		return false
	}
	l.limit = min(l.limit, l.active)
	return true
}

func (l *limiter) wake() {
	close(l.changed)
	l.changed = make(chan struct{})
}
