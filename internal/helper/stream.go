package helper

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// window is how much of a stream may be under way: who sends waits for credit beyond it.
const window = 256 << 10

// How a stream ends.
const (
	noMore byte = iota // nothing more is sent
	closed             // nor taken
	broken             // closed for the reason that follows
)

// streams are those of one connection, by number.
type streams struct {
	out *frameWriter

	mu   sync.Mutex
	open map[uint32]*stream
	dead error
}

func newStreams(out *frameWriter) *streams { return &streams{out: out, open: map[uint32]*stream{}} }

// add makes a stream of this number.
func (ss *streams) add(id uint32) *stream {
	s := &stream{all: ss, id: id, credit: window}
	s.changed = sync.NewCond(&s.mu)
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if ss.dead != nil {
		s.err = ss.dead
		return s
	}
	ss.open[id] = s
	return s
}

func (ss *streams) drop(id uint32) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	delete(ss.open, id)
}

// take hands a message to its stream. What comes for one that is gone is dropped.
func (ss *streams) take(m message) {
	ss.mu.Lock()
	s := ss.open[m.id]
	ss.mu.Unlock()
	if s != nil {
		s.take(m)
	}
}

// fail ends every stream.
func (ss *streams) fail(err error) {
	ss.mu.Lock()
	all := ss.open
	ss.open, ss.dead = map[uint32]*stream{}, err
	ss.mu.Unlock()
	for _, s := range all {
		s.fail(err)
	}
}

// stream is bytes in both directions. It is a net.Conn.
type stream struct {
	all *streams
	id  uint32

	mu       sync.Mutex
	changed  *sync.Cond
	in       []byte
	inEnd    error // why no more comes
	consumed int   // read, and not yet given back as credit
	credit   int
	outEnd   bool // this side sends no more
	err      error
	reading  time.Time
	writing  time.Time
}

var _ net.Conn = (*stream)(nil)

func (s *stream) take(m message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.changed.Broadcast()
	switch {
	case m.kind == data && len(s.in)+len(m.body) > window:
		s.err = errFrame
	case m.kind == data:
		s.in = append(s.in, m.body...)
	case m.kind == credit && len(m.body) == 4:
		s.credit += int(binary.BigEndian.Uint32(m.body))
	case m.kind == end && len(m.body) > 0:
		s.inEnd = io.EOF
		if m.body[0] != noMore {
			s.outEnd = true
		}
		if m.body[0] == broken {
			s.inEnd = errors.New(string(m.body[1:]))
		}
	}
}

func (s *stream) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
	s.changed.Broadcast()
}

// Read reads what came.
func (s *stream) Read(p []byte) (int, error) {
	s.mu.Lock()
	for len(s.in) == 0 && s.inEnd == nil && s.err == nil && !past(s.reading) {
		s.changed.Wait()
	}
	if len(s.in) == 0 {
		defer s.mu.Unlock()
		return 0, s.why(s.inEnd)
	}
	n := copy(p, s.in)
	if s.in = s.in[n:]; len(s.in) == 0 {
		s.in = nil
	}
	s.consumed += n
	back := 0
	if s.consumed >= window/2 {
		back, s.consumed = s.consumed, 0
	}
	s.mu.Unlock()
	if back > 0 {
		s.all.out.send(message{credit, s.id, binary.BigEndian.AppendUint32(nil, uint32(back))}) // a broken connection shows at the next read
	}
	return n, nil
}

// why gives the reason that nothing can be read or written; own is that of the direction. The caller holds the lock.
func (s *stream) why(own error) error {
	switch {
	case s.err != nil:
		return s.err
	case own != nil:
		return own
	}
	return os.ErrDeadlineExceeded
}

func past(t time.Time) bool { return !t.IsZero() && !time.Now().Before(t) }

// Write sends, waiting for credit.
func (s *stream) Write(p []byte) (n int, err error) {
	for len(p) > 0 {
		s.mu.Lock()
		for s.credit == 0 && !s.outEnd && s.err == nil && !past(s.writing) {
			s.changed.Wait()
		}
		if s.outEnd || s.err != nil || s.credit == 0 {
			defer s.mu.Unlock()
			if s.outEnd && s.err == nil {
				return n, io.ErrClosedPipe
			}
			return n, s.why(nil)
		}
		chunk := min(len(p), s.credit, maxBody)
		s.credit -= chunk
		s.mu.Unlock()
		if err := s.all.out.send(message{data, s.id, p[:chunk]}); err != nil {
			return n, err
		}
		n, p = n+chunk, p[chunk:]
	}
	return n, nil
}

// CloseWrite says that no more is sent.
func (s *stream) CloseWrite() error { return s.finish(noMore, "") }

// Close says that no more is sent or taken.
func (s *stream) Close() error { return s.finish(closed, "") }

// closeFor is Close with a reason that the other side reads.
func (s *stream) closeFor(reason error) error {
	if reason == nil {
		return s.Close()
	}
	return s.finish(broken, reason.Error())
}

func (s *stream) finish(how byte, reason string) error {
	s.mu.Lock()
	done := s.err != nil
	s.outEnd = true
	if how != noMore && s.err == nil {
		s.err = net.ErrClosed
	}
	s.changed.Broadcast()
	s.mu.Unlock()
	if how != noMore {
		s.all.drop(s.id)
	}
	if done {
		return nil
	}
	return s.all.out.send(message{end, s.id, append([]byte{how}, reason...)})
}

// SetDeadline sets when reads and writes that wait give up.
func (s *stream) SetDeadline(t time.Time) error {
	s.SetReadDeadline(t)
	return s.SetWriteDeadline(t)
}

// SetReadDeadline sets when reads that wait give up.
func (s *stream) SetReadDeadline(t time.Time) error { return s.deadline(&s.reading, t) }

// SetWriteDeadline sets when writes that wait give up.
func (s *stream) SetWriteDeadline(t time.Time) error { return s.deadline(&s.writing, t) }

func (s *stream) deadline(which *time.Time, t time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	*which = t
	s.changed.Broadcast()
	if !t.IsZero() {
		time.AfterFunc(time.Until(t), s.wake)
	}
	return nil
}

// wake has everybody who waits look again. With the lock: who has looked and does not wait yet would miss it.
func (s *stream) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed.Broadcast()
}

// over reports whether the other side takes no more.
func (s *stream) over() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.outEnd || s.err != nil
}

// LocalAddr gives no address: the connection is the host's.
func (s *stream) LocalAddr() net.Addr { return address{} }

// RemoteAddr gives no address: the connection is the host's.
func (s *stream) RemoteAddr() net.Addr { return address{} }

type address struct{}

func (address) Network() string { return "helper" }
func (address) String() string  { return "through the helper" }
