package cli

import (
	"context"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// A panic of the embedded server ends the program with its text, also while the person
// quits already.
func TestAPanicIsToldAlsoWhileTheProgramEnds(t *testing.T) {
	var out strings.Builder
	ctx, fail := context.WithCancelCause(t.Context())
	a := &app{Streams: Streams{Out: &out, Err: &out}, fail: fail}
	cmd := &cobra.Command{}
	cmd.SetContext(ctx)
	err := a.run(func(context.Context, []string) error {
		fail(nil) // quit
		a.guard(func() { panic("the writer broke") })
		return nil
	})(cmd, nil)
	if err != nil || a.err == nil || !strings.Contains(a.err.Error(), "the writer broke") || !a.fault {
		t.Errorf("it ends with %v, %v, fault %v", err, a.err, a.fault)
	}
}
