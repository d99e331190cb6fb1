package cli

import (
	"errors"

	"github.com/spf13/cobra"

	"p4p/client"
	"p4p/protocol"
)

// lookAlike gives a command that takes a new name the flag for one that could be
// mistaken for another name of the phone book.
func lookAlike(cmd *cobra.Command, alike *bool) {
	cmd.Flags().BoolVar(alike, "look-alike", false, "take a name that could be mistaken for another one of your phone book")
}

func consent(alike bool) []client.Consent {
	if !alike {
		return nil
	}
	return []client.Consent{client.LookAlike}
}

// meant adds to the refusal of a look-alike what to do.
func meant(err error) error {
	var e *protocol.Error
	if !errors.As(err, &e) || e.Code != protocol.CodeLooksLike {
		return err
	}
	return protocol.Errorf(e.Code, "%s Choose another name, or take this one with --look-alike.", e.Message).Because(e)
}
