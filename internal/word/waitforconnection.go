package word

import "github.com/pfrun/pfrun/modules"

// WaitForConnection is the word wait_for_connection.
type WaitForConnection struct {
	engine
	ConnectTimeout int `arg:"connect_timeout" doc:"Seconds that one attempt may take."`
	Delay          int `arg:"delay" doc:"Seconds to wait before the first attempt."`
	Sleep          int `arg:"sleep" doc:"Seconds between attempts."`
	Timeout        int `arg:"timeout" doc:"Seconds after which the task fails."`
}

func waitForConnection() modules.Spec {
	return modules.Spec{
		Name:  "wait_for_connection",
		Short: "wait until a host can be reached",
		Long:  "Connects anew until the host answers, such as after a reboot or when a machine was just made.",
		New: func() modules.Task {
			return &WaitForConnection{ConnectTimeout: 5, Sleep: 1, Timeout: 600}
		},
	}
}
