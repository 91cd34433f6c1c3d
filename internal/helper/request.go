package helper

import (
	"encoding/binary"
	"time"

	"github.com/pfrun/pfrun/internal/wire"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// op is what a request asks for.
type op byte

const (
	opBegin op = iota + 1
	opFacts
	opStat
	opRead
	opWalk
	opState
	opProbe
	opDial
	opApply
	opPerform
)

// begin opens the session: the first request.
type begin struct {
	Name    string        // of the host, for messages
	Run     string        // the id of the run that the changes belong to
	Timeout time.Duration // of looks and file changes that have no deadline of their own
}

// nothing is what a request has that needs no arguments.
type nothing struct{}

type readArgs struct {
	Path  string
	Limit int64
}

type dialArgs struct{ Network, Address string }

type applyArgs struct{ Change change.Change }

// performArgs is a modules.Request as it travels.
type performArgs struct {
	Module   string
	Task     []byte // the form of its exported fields
	Number   uint32 // of the task, for its further rounds
	Next     bool
	Outcomes []change.Outcome
	Overlay  uint32 // 0: none
	Make     bool
	Replan   bool
	Env      []string
	After    uint32 // the request that has to be answered first; 0: none
}

// plannedArgs is what an overlay lacks. It is sent before the request that needs it, and not answered.
type plannedArgs struct{ Changes []change.Change }

// What comes of a performed task, part by part: the first byte of a part. A plan that comes after another takes its place.
const (
	partPlan    byte = iota + 1
	partStep         // the step of this number is about to be made
	partOutcome      // of the step
)

type statPart struct{ Stats []host.Stat }

type stateAnswer struct{ State change.State }

// performAnswer is the end of a performed task: the error of the step after those whose outcomes came, if any.
type performAnswer struct{ Failed *fault }

// What a giveUp ends.
const (
	giveUpLooks byte = iota + 1
	giveUpAll
)

// How an answer begins.
const (
	answerOK byte = iota
	answerFault
)

// inline is how large a content may be to travel with the request that has it.
const inline = 64 << 10

// requestBody gives the body of a request: what to do, how long at most (0: no bound), and the arguments.
func requestBody(o op, timeout time.Duration, e wire.Encoder, args any) ([]byte, error) {
	b := binary.AppendVarint([]byte{byte(o)}, int64(timeout))
	if args == nil {
		return b, nil
	}
	return e.Append(b, args)
}

// readRequest takes a request's body apart.
func readRequest(body []byte) (o op, timeout time.Duration, args []byte, err error) {
	if len(body) < 2 {
		return 0, 0, nil, errFrame
	}
	d, n := binary.Varint(body[1:])
	if n <= 0 || d < 0 {
		return 0, 0, nil, errFrame
	}
	return op(body[0]), time.Duration(d), body[1+n:], nil
}
