package helper

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
)

// kind says what a frame is.
type kind byte

const (
	request kind = iota + 1 // to the helper: something to do
	giveUp                  // to the helper: end a request; the body says what of it
	planned                 // to the helper: changes that an overlay lacks
	part                    // from the helper: something came of a request, more follows
	answer                  // from the helper: the end of a request
	want                    // from the helper: the bytes of a content, as a stream of this number
	data                    // of a stream
	credit                  // of a stream: how much more may be sent
	end                     // of a stream: no more is sent, or also taken
	kinds
)

const (
	maxBody    = 64 << 10  // of a frame
	maxMessage = 256 << 20 // of a message in several frames: two outputs of a program with all that is around them
	maxOpen    = 256       // messages of which not all frames have come
	headerSize = 9
	moreFlag   = 0x80 // in the byte of the kind: the message goes on in another frame
)

// message is one or more frames put together.
type message struct {
	kind kind
	id   uint32
	body []byte
}

// frameWriter writes messages. It may be used concurrently; long messages make way for others between their frames.
type frameWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (f *frameWriter) send(m message) error {
	if len(m.body) > maxMessage {
		return fmt.Errorf("a message of %d bytes is too long for the helper", len(m.body))
	}
	for {
		n := min(len(m.body), maxBody)
		if err := f.frame(m.kind, m.id, m.body[:n], n < len(m.body)); err != nil {
			return err
		}
		if m.body = m.body[n:]; len(m.body) == 0 {
			return nil
		}
	}
}

func (f *frameWriter) frame(k kind, id uint32, body []byte, more bool) error {
	b := make([]byte, headerSize, headerSize+len(body))
	binary.BigEndian.PutUint32(b, uint32(len(body)))
	b[4] = byte(k)
	if more {
		b[4] |= moreFlag
	}
	binary.BigEndian.PutUint32(b[5:], id)
	f.mu.Lock()
	defer f.mu.Unlock()
	_, err := f.w.Write(append(b, body...))
	return err
}

var errFrame = errors.New("the helper's frames are broken")

// frameReader puts messages together from frames. What comes may be anything: it costs no more memory than has come.
type frameReader struct {
	r     io.Reader
	parts map[partKey][]byte
	held  int
}

type partKey struct {
	kind kind
	id   uint32
}

func newFrameReader(r io.Reader) *frameReader {
	return &frameReader{r: r, parts: map[partKey][]byte{}}
}

// next gives the next message that is whole. The error is io.EOF where the frames end between two of them.
func (f *frameReader) next() (message, error) {
	for {
		k, id, body, more, err := f.frame()
		if err != nil {
			return message{}, err
		}
		key := partKey{k, id}
		before, open := f.parts[key]
		if !open && !more {
			return message{k, id, body}, nil
		}
		f.held += len(body)
		if f.held > maxMessage || !open && len(f.parts) >= maxOpen {
			return message{}, fmt.Errorf("%w: too much is left open", errFrame)
		}
		whole := append(before, body...)
		if more {
			f.parts[key] = whole
			continue
		}
		delete(f.parts, key)
		f.held -= len(whole)
		return message{k, id, whole}, nil
	}
}

func (f *frameReader) frame() (k kind, id uint32, body []byte, more bool, err error) {
	var h [headerSize]byte
	if _, err := io.ReadFull(f.r, h[:]); err != nil {
		return 0, 0, nil, false, err
	}
	n := binary.BigEndian.Uint32(h[:4])
	k, more, id = kind(h[4]&^moreFlag), h[4]&moreFlag != 0, binary.BigEndian.Uint32(h[5:])
	if n > maxBody || k == 0 || k >= kinds {
		return 0, 0, nil, false, fmt.Errorf("%w: %d bytes of kind %d", errFrame, n, k)
	}
	body = make([]byte, n)
	if _, err := io.ReadFull(f.r, body); err != nil {
		return 0, 0, nil, false, fmt.Errorf("%w: %w", errFrame, io.ErrUnexpectedEOF)
	}
	return k, id, body, more, nil
}
