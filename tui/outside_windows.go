package tui

import (
	"context"
	"os/exec"
	"strings"
)

// editorCommand runs an editor with the arguments that $EDITOR has.
func editorCommand(ctx context.Context, program, file string) *exec.Cmd {
	words := strings.Fields(program)
	return exec.CommandContext(ctx, words[0], append(words[1:], file)...)
}
