//go:build unix

package tui

import (
	"syscall"
	"time"

	tea "charm.land/bubbletea/v2"
)

// wakeAfter is how long a suspended program waits to be really stopped.
const (
	wakeAfter = 500 * time.Millisecond
	wakeTries = 20
)

// suspend goes back to the shell. Where there is none that could continue a program, as
// in a terminal that runs nothing else, the system takes no notice of the signal that
// stops one; Bubble Tea would wait for ever with the screen put away. So the program
// continues itself a little later: a stopped one does so only once it runs again, when
// it changes nothing.
func suspend() tea.Cmd {
	return tea.Batch(tea.Suspend, func() tea.Msg {
		for range wakeTries { // one that comes before anybody waits for it is lost
			<-time.After(wakeAfter)
			_ = syscall.Kill(syscall.Getpid(), syscall.SIGCONT)
		}
		return nil
	})
}
