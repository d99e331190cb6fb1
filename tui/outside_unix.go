//go:build unix

package tui

import (
	"context"
	"os/exec"
	"syscall"
)

// editorCommand runs an editor as git does: $EDITOR is words of the shell.
func editorCommand(ctx context.Context, program, file string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "sh", "-c", program+` "$@"`, "p4p", file)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	return cmd
}
