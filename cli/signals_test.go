package cli

import (
	"os"
	"syscall"
	"testing"
)

func TestAnInterruptThatIsMeantForAnEditorDoesNotEndTheProgram(t *testing.T) {
	for _, ending := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		var s signals
		heard, ended := make(chan os.Signal), make(chan struct{})
		go func() {
			s.wait(t.Context(), heard)
			close(ended)
		}()
		release := s.hold()
		for range 3 { // whoever takes the next has not ended
			heard <- os.Interrupt
		}
		if ending == os.Interrupt {
			release()
		}
		select {
		case heard <- ending:
		case <-ended: // the last interrupt was looked at after the release
		}
		<-ended
	}
}
