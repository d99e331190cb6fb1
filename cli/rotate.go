package cli

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"p4p/client"
	"p4p/protocol"
)

func rotateCommand(a *app) *cobra.Command {
	var spread time.Duration
	cmd := &cobra.Command{
		Use:   "rotate",
		Short: "Become a stranger to everybody but your friends: a new device key",
		Long: "Rotate gives this device a new key and with it a new UUID. Your friends follow by\n" +
			"themselves and go on seeing your name; whoever is no longer your friend sees a new\n" +
			"stranger. Your old posts stay yours: you see them as yours and can delete them. Open\n" +
			"invites are withdrawn and made anew, and their links have to be sent again.\n\n" +
			"Your friends are told at random moments over some hours, whenever this profile is in\n" +
			"use, so that nobody sees by the time which friendships are yours. --spread 0 tells all\n" +
			"of them now.\n\n" +
			"It does not hide how you write, when you post and from which address; and a friend who\n" +
			"stays can tell others. Posts from before still carry the old UUID: p4p forget deletes\n" +
			"what you no longer want to be seen.",
		Example: "p4p friends remove Mallory && p4p rotate\np4p rotate --spread 0",
		Args:    cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) error {
			if spread < 0 || spread > 7*24*time.Hour {
				return protocol.Errorf(protocol.CodeUsage, "Friends can be told over at most 168h, and from 0 on.")
			}
			c, err := a.open(ctx, slog.New(slog.DiscardHandler))
			if err != nil {
				return err
			}
			if err := c.Sync(ctx); err != nil {
				return err
			}
			r, err := c.Rotate(ctx, spread)
			if err != nil {
				return err
			}
			return a.printRotated(r)
		}),
	}
	cmd.Flags().DurationVar(&spread, "spread", client.DefaultSpread, "over how long your friends are told; 0 for at once")
	return cmd
}

func (a *app) printRotated(r client.Rotated) error {
	invites := make([]inviteRow, 0, len(r.Invites))
	for _, i := range r.Invites {
		invites = append(invites, jsonInvite(i))
	}
	if a.json {
		return a.writeJSON(a.Out, struct {
			Old     protocol.UUID `json:"old"`
			New     protocol.UUID `json:"new"`
			Told    int           `json:"friends_told"`
			ToTell  int           `json:"friends_to_tell"`
			Invites []inviteRow   `json:"invites"`
		}{r.Old, r.New, r.Told, r.ToTell, invites})
	}
	if _, err := fmt.Fprintf(a.Out, "You are %s now; %s is nobody any more.\n", r.New, r.Old); err != nil {
		return err
	}
	if r.ToTell > 0 {
		a.say("%s will be told over the next hours, whenever p4p is in use here; until then they see a stranger in your new posts. p4p friends tell does it now.", friendCount(r.ToTell))
	}
	for _, i := range r.Invites {
		a.say("The invite for %s was made anew; send the new link:", safeLine(i.Name))
		if _, err := fmt.Fprintln(a.Out, i.Link.URL()); err != nil {
			return err
		}
	}
	return nil
}

func friendCount(n int) string {
	if n == 1 {
		return "1 friend"
	}
	return fmt.Sprintf("%d friends", n)
}

// tellCommand is `p4p friends tell`.
func tellCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "tell",
		Short: "Tell all friends of your last change of key now, instead of over some hours",
		Args:  cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) error {
			c, err := a.openSynced(ctx)
			if err != nil {
				return err
			}
			before, err := c.FriendsToTell(ctx)
			if err != nil {
				return err
			}
			if err := c.TellFriends(ctx); err != nil {
				return err
			}
			left, err := c.FriendsToTell(ctx)
			if err != nil {
				return err
			}
			return a.print(struct {
				Told   int `json:"friends_told"`
				ToTell int `json:"friends_to_tell"`
			}{before - left, left}, "%s told; %d left.", friendCount(before-left), left)
		}),
	}
}
