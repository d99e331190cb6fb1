package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"p4p/client"
	"p4p/desktop"
	"p4p/protocol"
	"p4p/qr"
)

// acceptance is what `p4p accept` prints, and `p4p invite --wait` at its end.
type acceptance struct {
	Friendship   protocol.UUID  `json:"friendship"`
	UUID         *protocol.UUID `json:"uuid"`
	Name         string         `json:"name"`
	SafetyNumber string         `json:"safety_number"`
}

type inviteFlags struct {
	expires   time.Duration
	png, svg  string
	wait, yes bool
	alike     bool
	same      bool
	sms       bool
}

func inviteCommand(a *app) *cobra.Command {
	var f inviteFlags
	cmd := &cobra.Command{
		Use:   "invite NAME",
		Short: "Make a link and a QR code with which a friend becomes a name to you",
		Long: "Invite makes a link for one friend. NAME stays on this machine. Send the link by a\n" +
			"private message, or let the friend's phone scan the code. Whoever opens it first\n" +
			"takes it, and you confirm that it was your friend.",
		Example: "p4p invite Bob\np4p invite Bob --png bob.png\np4p invite Bob --wait",
		Args:    cobra.ExactArgs(1),
		RunE:    a.run(func(ctx context.Context, args []string) error { return a.invite(ctx, args[0], f) }),
	}
	fl := cmd.Flags()
	fl.DurationVar(&f.expires, "expires", protocol.DefaultExpiry, "how long the link can be used")
	fl.StringVar(&f.png, "png", "", "also write the QR code to this PNG file")
	fl.StringVar(&f.svg, "svg", "", "also write the QR code to this SVG file")
	fl.BoolVar(&f.sms, "sms", false, "open the desktop's program for messages with the link in one, to the friend's number if it is kept")
	fl.BoolVar(&f.wait, "wait", false, "stay until the friend accepted, and confirm")
	fl.BoolVar(&f.yes, "yes", false, "with --wait: confirm without asking")
	lookAlike(cmd, &f.alike)
	fl.BoolVar(&f.same, "same-person", false, "NAME has a device already, and this is another of theirs")
	return cmd
}

func (a *app) invite(ctx context.Context, name string, f inviteFlags) error {
	if f.yes && !f.wait {
		return protocol.Errorf(protocol.CodeUsage, "--yes goes with --wait.")
	}
	if f.expires < protocol.MinExpiry || f.expires > protocol.MaxExpiry {
		return protocol.Errorf(protocol.CodeUsage, "--expires is between %s and %s.", protocol.MinExpiry, protocol.MaxExpiry)
	}
	c, err := a.open(ctx, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	// The files first: an invite whose code cannot be written is not made.
	png, err := createCodeFile(f.png)
	if err != nil {
		return err
	}
	defer png.discard()
	svg, err := createCodeFile(f.svg)
	if err != nil {
		return err
	}
	defer svg.discard()
	agreed := consent(f.alike)
	if f.same {
		agreed = append(agreed, client.SamePerson)
	}
	inv, err := c.Invite(ctx, name, f.expires, agreed...)
	if err != nil {
		return meant(err)
	}
	code, err := qr.Encode(inv.Link.QR())
	if err != nil {
		return err
	}
	if err := png.write(func(w io.Writer) error { return code.PNG(w, 8) }); err != nil {
		return err
	}
	if err := svg.write(code.SVG); err != nil {
		return err
	}
	if err := a.printInvite(inv, code); err != nil {
		return err
	}
	if f.sms {
		if err := a.sendSMS(ctx, c, inv); err != nil {
			return err
		}
	}
	if !f.wait {
		return nil
	}
	return a.waitAccepted(ctx, c, inv, f)
}

func (a *app) printInvite(inv client.Invite, code qr.Code) error {
	a.unsent(inv.Unsent, "the link does not work yet.")
	if a.json {
		return a.writeJSON(a.Out, struct {
			Friendship protocol.UUID `json:"friendship"`
			Link       string        `json:"link"`
			ExpiresAt  string        `json:"expires_at"`
		}{inv.Friendship, inv.Link.URL(), stamp(inv.ExpiresAt)})
	}
	cols, rows, terminal := a.terminal()
	w, h := code.Size()
	switch {
	case terminal && cols >= w && rows > h+1:
		if _, err := fmt.Fprint(a.Out, code.Terminal()); err != nil {
			return err
		}
	case terminal:
		a.say("The window is too small for the QR code (it needs %d columns and %d rows): use --png FILE, or send the link.", w, h+2)
	}
	if inv.Link.Loopback() {
		opens := ""
		if (reach{a}).Own() {
			opens = ": in the app L beside the invite opens it to your network"
		}
		a.say("This link works on this machine only%s. For a friend elsewhere use a server that both reach: see \"A server for friends\" in the README.", opens)
	}
	_, err := fmt.Fprintln(a.Out, inv.Link.URL())
	return err
}

// sendSMS opens a message with the link. Where that cannot be it is said: the invite is
// made all the same.
func (a *app) sendSMS(ctx context.Context, c *client.Client, inv client.Invite) error {
	if inv.Link.Loopback() {
		a.say("No SMS was begun: this link works on this machine only.")
		return nil
	}
	list, err := c.Contacts(ctx)
	if err != nil {
		return err
	}
	number := ""
	for _, p := range list {
		if p.Name == inv.Name {
			number = p.Number
		}
	}
	a.say("Your desktop's program for messages opens; whoever else uses this machine can see the link and the number in its list of programs while that one runs.")
	if err := desktop.SMS(ctx, number, inv.Message()); err != nil {
		a.say("%s. Send the link another way.", err)
	}
	return nil
}

func (a *app) waitAccepted(ctx context.Context, c *client.Client, inv client.Invite, flags inviteFlags) error {
	if !a.json {
		a.say("Waiting until %s accepts; ctrl+c ends the waiting, not the invite.", safeLine(inv.Name))
	}
	f, err := c.WaitAccepted(ctx, inv.Friendship)
	if err != nil {
		return err
	}
	if !flags.yes {
		a.say("Someone accepted the invite you made for %s. Safety number: %s", safeLine(f.Name), f.SafetyNumber)
		ok, err := a.ask(fmt.Sprintf("Is it %s? [y/N] ", safeLine(f.Name)))
		if err != nil {
			return err
		}
		if !ok {
			if _, err := c.Refuse(ctx, f.Friendship); err != nil {
				return err
			}
			return protocol.Errorf(protocol.CodeWrongState, "Refused: the invite is burnt and no name was given.")
		}
	}
	if f, err = a.confirm(ctx, c, f, flags); err != nil {
		return err
	}
	return a.print(acceptance{f.Friendship, f.UUID, f.Name, f.SafetyNumber}, "%s is a friend now. Safety number: %s", safeLine(f.Name), f.SafetyNumber)
}

// confirm gives the name. That another device has it already is asked apart: one yes is
// not an answer to two questions.
func (a *app) confirm(ctx context.Context, c *client.Client, f client.Friendship, flags inviteFlags) (client.Friendship, error) {
	if flags.same {
		return c.ConfirmDevice(ctx, f.Friendship)
	}
	made, err := c.Confirm(ctx, f.Friendship)
	if protocol.CodeOf(err) != protocol.CodeNameTaken {
		return made, err
	}
	if !flags.yes {
		name := safeLine(f.Name)
		same, err := a.ask(fmt.Sprintf("%s has a device already: this becomes one more of %s's. Is it the same person? [y/N] ", name, name))
		if err != nil {
			return made, err
		}
		if same {
			return c.ConfirmDevice(ctx, f.Friendship)
		}
	}
	return made, protocol.Errorf(protocol.CodeNameTaken,
		"Nothing was confirmed: %s has a device already. p4p friends confirm %s takes --same-person, or --name OTHER for somebody else.", f.Name, f.Friendship)
}

// ask puts a question to the person; no answer is no.
func (a *app) ask(question string) (bool, error) {
	_, _ = fmt.Fprint(a.Err, question)
	line, err := bufio.NewReader(io.LimitReader(a.In, 1000)).ReadString('\n')
	if err != nil && line == "" {
		return false, protocol.Errorf(protocol.CodeUsage, "Nobody answered: give --yes, or confirm later with p4p friends confirm.")
	}
	switch strings.ToLower(strings.TrimSpace(line)) {
	case "y", "yes":
		return true, nil
	default:
		return false, nil
	}
}

// codeFile is a file for a QR code, which is a secret: only its owner can read it,
// and what stood there before is replaced only by a whole code. A file without a
// name is none.
type codeFile struct {
	name string
	tmp  *os.File
}

func createCodeFile(name string) (*codeFile, error) {
	if name == "" {
		return &codeFile{}, nil
	}
	tmp, err := os.CreateTemp(filepath.Dir(name), ".p4p-*")
	if err != nil {
		return nil, protocol.Errorf(protocol.CodeUsage, "Cannot write the file %q: %s.", name, cause(err))
	}
	return &codeFile{name, tmp}, nil
}

func (f *codeFile) write(code func(io.Writer) error) error {
	if f.tmp == nil {
		return nil
	}
	if err := code(f.tmp); err != nil {
		return err
	}
	if err := f.tmp.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.tmp.Name(), f.name); err != nil {
		return protocol.Errorf(protocol.CodeUsage, "Cannot write the file %q: %s.", f.name, cause(err))
	}
	f.tmp = nil
	return nil
}

func (f *codeFile) discard() {
	if f.tmp != nil {
		_ = f.tmp.Close()
		_ = os.Remove(f.tmp.Name())
	}
}

func invitesCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "invites",
		Short: "List the invites that wait for a friend",
		Args:  cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) error {
			c, err := a.openSynced(ctx)
			if err != nil {
				return err
			}
			list, err := c.Invites(ctx)
			if err != nil {
				return err
			}
			return a.printInvites(list)
		}),
	}
	cmd.AddCommand(&cobra.Command{
		Use:   "revoke NAME",
		Short: "Take an invite back: its link opens nothing any more",
		Long:  "Take an invite back: its link opens nothing any more. NAME is whom it was for, or the friendship's\nUUID, which p4p invites --json tells: it is needed where several invites for NAME are open.",
		Args:  cobra.ExactArgs(1),
		RunE: a.run(func(ctx context.Context, args []string) error {
			c, err := a.openSynced(ctx)
			if err != nil {
				return err
			}
			f, err := c.FindInvite(ctx, args[0])
			if err != nil {
				return err
			}
			inv, err := c.Revoke(ctx, f.Friendship)
			if err != nil {
				return err
			}
			if inv.Unsent {
				return protocol.Errorf(protocol.CodeNoServer, "The server is not reached, so the link still works; the invite is revoked as soon as it is.")
			}
			return a.print(jsonInvite(inv), "The invite for %s is revoked.", safeLine(inv.Name))
		}),
	})
	return cmd
}

type inviteRow struct {
	Name       string             `json:"name"`
	Friendship protocol.UUID      `json:"friendship"`
	Link       *string            `json:"link"`
	State      client.FriendState `json:"state"`
	ExpiresAt  string             `json:"expires_at"`
}

func jsonInvite(i client.Invite) inviteRow {
	r := inviteRow{i.Name, i.Friendship, nil, i.State, stamp(i.ExpiresAt)}
	if i.State == client.StateInvited {
		link := i.Link.URL()
		r.Link = &link
	}
	return r
}

func (a *app) printInvites(list []client.Invite) error {
	rows := make([]inviteRow, 0, len(list))
	for _, i := range list {
		rows = append(rows, jsonInvite(i))
	}
	if a.json {
		return a.writeJSON(a.Out, rows)
	}
	if len(rows) == 0 {
		a.say("No invite waits. Make one with p4p invite NAME.")
	}
	for i, r := range rows {
		link := ""
		if r.Link != nil {
			link = *r.Link
		}
		if _, err := fmt.Fprintf(a.Out, "%s\t%s\tuntil %s\t%s\n", safeLine(r.Name), r.State, list[i].ExpiresAt.Local().Format("2006-01-02 15:04"), link); err != nil {
			return err
		}
	}
	return nil
}
