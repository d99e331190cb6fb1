package client

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"p4p/localmap"
	"p4p/protocol"
)

// Profile is one of the selves in a home.
type Profile struct {
	Name   string
	UUID   *protocol.UUID // nil where it cannot be read
	Server string         // its address as last remembered; "" for the home's own server
	Err    error          // why it cannot be read, else nil
}

// Profiles are the profiles that exist in a home, by name. It only reads: no file
// is made and no profile is opened, bound or brought to another version.
func Profiles(ctx context.Context, home string) ([]Profile, error) {
	entries, err := os.ReadDir(home)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, protocol.Errorf(protocol.CodeHomeUnwritable,
			"The folder %q cannot be read: choose another with --home or P4P_HOME.", home).Because(err)
	}
	var all []Profile
	for _, e := range entries {
		dir, err := ProfileDir(home, e.Name())
		if err != nil {
			continue // the server's folder, and what others put here
		}
		seen, there, err := localmap.Peek(ctx, dir)
		if !there && err == nil {
			continue
		}
		p := Profile{Name: e.Name(), Server: seen.URL, Err: err}
		if err == nil {
			id := seen.Key.UUID()
			p.UUID = &id
		}
		all = append(all, p)
	}
	return all, nil
}
