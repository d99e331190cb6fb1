package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"p4p/client"
	"p4p/protocol"
	"p4p/qr"
)

func verifyCommand(a *app) *cobra.Command {
	var image, png string
	cmd := &cobra.Command{
		Use:   "verify NAME [NUMBER]",
		Short: "Compare safety numbers: equal ones mean that nobody sits between you",
		Long: "Verify marks a friend whose safety number is the same as yours. Let the friend read\n" +
			"out the number that stands at their side, by voice or side by side, and type it as\n" +
			"NUMBER; without it you are shown yours and asked. Side by side one of you can show the\n" +
			"number as a QR code (--png), and the other read a picture of it (--image).",
		Example: "p4p friends verify Bob\np4p friends verify Bob 12345 67890 13579 24680 11223 44556\np4p friends verify Bob --image photo.jpg",
		Args:    cobra.MinimumNArgs(1),
		RunE: a.run(func(ctx context.Context, args []string) error {
			c, err := a.openSynced(ctx)
			if err != nil {
				return err
			}
			f, err := c.Find(ctx, args[0])
			if err != nil {
				return err
			}
			if png != "" {
				return a.saveSafety(f, png)
			}
			number := strings.Join(args[1:], " ")
			if image != "" {
				if number, err = a.safetyFrom(args[1:], image); err != nil {
					return err
				}
			}
			if number == "" {
				if number, err = a.askSafety(f); err != nil {
					return err
				}
			}
			if f, err = c.Verify(ctx, f.Friendship, number); err != nil {
				return err
			}
			return a.print(jsonFriend(f), "%s is verified: nobody sits between you.", safeLine(f.Name))
		}),
	}
	cmd.Flags().StringVar(&image, "image", "", "read the number from a picture of your friend's QR code")
	cmd.Flags().StringVar(&png, "png", "", "save your own number as a QR code in this file, for your friend to read, and verify nobody")
	return cmd
}

// safetyFrom is the number in a picture.
func (a *app) safetyFrom(number []string, image string) (string, error) {
	text, err := a.linkText(number, image)
	if err != nil {
		return "", err
	}
	return protocol.ParseSafetyQR(text)
}

func (a *app) saveSafety(f client.Friendship, file string) error {
	if f.SafetyNumber == "" {
		return protocol.Errorf(protocol.CodeWrongState, "There is no safety number with %s before the invite was accepted.", f.Name)
	}
	code, err := qr.Encode(protocol.SafetyQR(f.SafetyNumber))
	if err != nil {
		return err
	}
	if err := a.saveCode(file, code); err != nil {
		return err
	}
	return a.print(jsonFriend(f), "The safety number with %s is in %s as a QR code.", safeLine(f.Name), safeLine(file))
}

// askSafety shows the number and is it, if the person says that both are equal.
func (a *app) askSafety(f client.Friendship) (string, error) {
	if f.SafetyNumber == "" {
		return "", nil // which the client explains
	}
	if !a.interactive() {
		return "", protocol.Errorf(protocol.CodeUsage, "Give the NUMBER that %s reads out to you.", f.Name)
	}
	name := safeLine(f.Name)
	a.say("Ask %s, by voice or side by side, for the safety number that stands there. Here it is\n\n    %s\n", name, f.SafetyNumber)
	equal, err := a.ask(fmt.Sprintf("Is it the same at %s's side? [y/N] ", name))
	if err != nil {
		return "", err
	}
	if !equal {
		return "", protocol.Errorf(protocol.CodeSafetyMismatch,
			"%s was not marked as verified. If the numbers differ, somebody may have taken the invite in between: remove the friendship and make a new invite over another way.", f.Name)
	}
	return f.SafetyNumber, nil
}
