package diag

// Stage is when ansible-core comes upon a fault of a playbook. It decides what the fault ends, and with which exit code ansible-playbook ends.
type Stage int

const (
	// Parsed is a fault at which its parser stops: the run ends (4), also where the file is included while the run is under way. What nobody has thought about counts so.
	Parsed Stage = iota
	// Loaded is a fault that it finds when it reads a file, and not in the parser, such as a role that is not there: nothing runs (1), and an include of the file fails.
	Loaded
	// Ran is a fault that it finds when the task runs, which fails (2).
	Ran
	// Ended is a fault that it finds when the task runs, and that is the end of the run (1).
	Ended
	// Lacking is none of its faults: it has what is asked for, and pfrun has not.
	Lacking
)

// ExitCode gives the exit code of ansible-playbook for a fault of the stage. What pfrun lacks is as what cannot be read.
func (s Stage) ExitCode() int {
	switch s {
	case Loaded, Ended:
		return 1
	case Ran:
		return 2
	case Parsed, Lacking:
	}
	return 4
}

// At sets the stage and returns the diagnostic.
func (d *Diagnostic) At(s Stage) *Diagnostic {
	d.Stage = s
	return d
}

// First gives the stage of the fault that ansible-core would come upon first, as far as the order of the list tells: it reads all files before it runs anything. The list must not be
// empty.
func (l List) First() Stage {
	first := l[0].Stage
	for _, d := range l {
		if d.Stage.before(first) {
			first = d.Stage
		}
	}
	return first
}

// before reports whether a fault of this stage is come upon before one of another: one that reading shows before one that a task shows.
func (s Stage) before(other Stage) bool {
	running := func(s Stage) bool { return s == Ran || s == Ended }
	return running(other) && !running(s)
}
