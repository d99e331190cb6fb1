package tui

import (
	"context"
	"errors"
	"os"
	"strings"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"p4p/client"
	"p4p/plain"
	"p4p/protocol"
	"p4p/qr"
	"p4p/tui/keymap"
)

// openMsg opens a screen that was to wait for an answer.
type openMsg struct{ screen func() screen }

// comeBack asks for what makes this profile another one, if it is an empty one.
func (u *ui) comeBack(ask func(*ui) *sheet) tea.Cmd {
	if u.selves == nil {
		return nil
	}
	c, plus, you := u.client, u.keyOf(keymap.SelfShown, keymap.Add), u.keyOf(keymap.Feed, keymap.Self)
	return u.do(func(ctx context.Context) tea.Msg {
		switch err := c.Empty(ctx); {
		case protocol.CodeOf(err) == protocol.CodeProfileInUse:
			return attemptedMsg{err: protocol.Errorf(protocol.CodeProfileInUse,
				"This profile has something in it already, and only an empty one can become another: make a new profile (%s, then %s), and do it there.", you, plus).Because(err)}
		case err != nil:
			return attemptedMsg{err: err}
		}
		return openMsg{func() screen { return ask(u) }}
	})
}

// arrives ends the app, to go on as the one who arrives.
func (u *ui) arrives(a client.Arrival, err error) (func() tea.Cmd, error) {
	return func() tea.Cmd {
		u.selves.Arrive(a)
		return leave
	}, err
}

// askRestore asks for a backup, then for its passphrase.
func askRestore(u *ui) *sheet {
	f := newField("path of the backup, such as ~/p4p-2026-03-14.age")
	return &sheet{
		ui: u, subject: "Be who you were: which backup?", field: &f, prepare: listPaths,
		body: []string{"It brings your keys, names and friendships. Go on with them in one place only: two machines with one profile contradict each other."},
		onYes: func(typed string) work {
			return func(context.Context) (func() tea.Cmd, error) {
				file := expandHome(strings.Trim(typed, `'"`))
				if err := readable(file); err != nil {
					return nil, err
				}
				return func() tea.Cmd { return u.open(askRestorePassphrase(u, file)) }, nil
			}
		},
	}
}

// readable tells why a file cannot be read, before a passphrase is asked for.
func readable(file string) error {
	if file == "" {
		return protocol.Errorf(protocol.CodeUsage, "Type the path of a backup.")
	}
	f, err := os.Open(file)
	if err != nil {
		return protocol.Errorf(protocol.CodeUsage, "Cannot read the backup %q: %v.", file, errors.Unwrap(err))
	}
	return f.Close()
}

func askRestorePassphrase(u *ui, file string) *sheet {
	f := newField("the passphrase that the backup was made with")
	f.input.EchoMode = textinput.EchoPassword
	return &sheet{
		ui: u, subject: "Passphrase of the backup", field: &f,
		body: []string{"All of the backup is checked before anything is changed."},
		onYes: func(typed string) work {
			return func(ctx context.Context) (func() tea.Cmd, error) {
				if typed == "" {
					return nil, protocol.Errorf(protocol.CodeUsage, "Type the passphrase that the backup was made with.")
				}
				return u.arrives(client.OpenBackup(ctx, file, typed))
			}
		},
	}
}

// askReceive asks for what the other machine shows, then for the code beside it.
func askReceive(u *ui) *sheet {
	f := newField("P4P://MOVE/…, or the path of a picture")
	return &sheet{
		ui: u, subject: "Move here from another machine of yours", field: &f, prepare: listPaths, moves: true,
		body: []string{"There p4p shows a QR code (P, then m). Type or paste its text, or the path of a picture or screenshot of it. Names and friendships come by a backup afterwards."},
		onYes: func(typed string) work {
			return func(context.Context) (func() tea.Cmd, error) {
				text, err := moveText(strings.Trim(typed, `'"`))
				if err == nil {
					err = protocol.CheckMove(text)
				}
				return func() tea.Cmd { return u.open(askReceiveCode(u, text)) }, err
			}
		},
	}
}

// moveText is the text of a move as it was typed, or out of a picture.
func moveText(typed string) (string, error) {
	switch {
	case typed == "":
		return "", protocol.Errorf(protocol.CodeUsage, "Type or paste what your other machine shows, or the path of a picture of it.")
	case protocol.LooksLikeMove(typed):
		return typed, nil
	case protocol.LooksLikeLink(typed):
		return "", errNoMove("This is a friend's invite, not a move.")
	}
	file := expandHome(typed)
	f, err := os.Open(file)
	if err != nil {
		return "", protocol.Errorf(protocol.CodeBadPicture, "Cannot open the picture %q: %v. (The text of a move begins with P4P://MOVE/.)", file, errors.Unwrap(err))
	}
	defer f.Close()
	text, err := qr.Decode(f)
	switch {
	case err != nil:
		return "", protocol.Errorf(protocol.CodeBadPicture, "%s", plain.Line(err.Error()).String())
	case !protocol.LooksLikeMove(text):
		return "", errNoMove("The QR code in this picture is no move.")
	}
	return text, nil
}

func errNoMove(what string) error {
	return protocol.Errorf(protocol.CodeBadMove, "%s On your old machine P, then m shows one.", what)
}

func askReceiveCode(u *ui, text string) *sheet {
	f := newField("the 12 letters and digits beside the QR code")
	f.input.EchoMode = textinput.EchoPassword
	return &sheet{
		ui: u, subject: "The code beside the QR code", field: &f,
		body: []string{"Type it by hand, as it stands on your old machine. Case and hyphens make no difference."},
		onYes: func(typed string) work {
			return func(context.Context) (func() tea.Cmd, error) { return u.arrives(client.OpenMove(text, typed)) }
		},
	}
}
