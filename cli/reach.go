package cli

import (
	"context"

	"p4p/protocol"
	"p4p/server/embed"
)

// reach opens this home's own server to the network, for the app.
type reach struct{ a *app }

func (r reach) keeper() *embed.Keeper {
	r.a.mu.Lock()
	defer r.a.mu.Unlock()
	return r.a.keeper
}

// Own tells whether this run uses the home's own server: it is kept from the first
// time that it is needed on.
func (r reach) Own() bool { return r.keeper() != nil }

// Opened is the address in the network, "" for shut.
func (r reach) Opened() string {
	if k := r.keeper(); k != nil {
		return k.Opened()
	}
	return ""
}

// Away tells whether the server was opened to another network than this one.
func (r reach) Away() bool {
	k := r.keeper()
	return k != nil && k.Away()
}

// Unsure tells that it may be this one.
func (r reach) Unsure() bool {
	k := r.keeper()
	return k != nil && k.Unsure()
}

func (r reach) Open(ctx context.Context) (string, error) {
	k := r.keeper()
	if k == nil {
		return "", errNotOwn()
	}
	return k.Open(ctx)
}

func (r reach) Shut(ctx context.Context) error {
	k := r.keeper()
	if k == nil {
		return errNotOwn()
	}
	return k.Shut(ctx)
}

func errNotOwn() *protocol.Error {
	return protocol.Errorf(protocol.CodeWrongState, "This profile uses another server than this computer's own: it is opened where it runs.")
}
