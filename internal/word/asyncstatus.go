package word

import "github.com/pfrun/pfrun/modules"

// AsyncStatus is the word async_status.
type AsyncStatus struct {
	engine
	Jid  string    `arg:"jid,required" doc:"The job: ansible_job_id of what the task with async registered."`
	Mode AsyncMode `arg:"mode" doc:"status looks how far the job is; cleanup forgets it."`
}

// AsyncMode is what async_status does.
type AsyncMode string

// Enum gives the words.
func (AsyncMode) Enum() []string { return []string{"cleanup", "status"} }

func asyncStatus() modules.Spec {
	return modules.Spec{
		Name:  "async_status",
		Short: "look how far a job is that runs by itself",
		Long:  "Tells whether a job that a task with async and poll: 0 started has ended, and what came of it. With until it waits for the end.",
		New:   func() modules.Task { return &AsyncStatus{Mode: "status"} },
	}
}
