package client

import (
	"context"

	"p4p/localmap"
)

// A process can die anywhere; for a friendship only these places differ in what
// the local map and the server know. Tests make it die at each of them: crash_test.go
// in this package, and the whole program in e2e.

// moment is a place in the life of a call.
type moment string

const (
	owed     moment = "owed"     // the call is stored and not made
	answered moment = "answered" // the server answered, and nothing of that is stored
	stored   moment = "stored"   // what came of it is stored, and nobody was told
)

// What is never owed itself.
const (
	reading  localmap.Call = "read"   // a mailbox
	rotating localmap.Call = "rotate" // the change of key
	telling  localmap.Call = "tell"   // a friend of it: what follows is a call as for a confirmation
	refusing localmap.Call = "refuse" // and a new invite with it
)

// crashPoint is a moment of one kind of call.
type crashPoint struct {
	call localmap.Call
	at   moment
}

// crashPoints are all of them.
func crashPoints() []crashPoint {
	points := []crashPoint{{reading, answered}, {reading, stored}, {rotating, owed}, {rotating, stored}, {telling, stored}, {refusing, stored}}
	for _, call := range []localmap.Call{localmap.CallCreate, localmap.CallAccept, localmap.CallConfirm, localmap.CallEnd, localmap.CallRevoke} {
		for _, at := range []moment{owed, answered, stored} {
			points = append(points, crashPoint{call, at})
		}
	}
	return points
}

func (p crashPoint) String() string { return string(p.call) + " " + string(p.at) }

// CrashPoints names the places in a friendship's steps where the local map and the
// server know something else than before: what [WithFault] is told of.
func CrashPoints() []string {
	var out []string
	for _, p := range crashPoints() {
		out = append(out, p.String())
	}
	return out
}

type faultKey struct{}

// WithFault is for tests of a whole program: a client that is opened with the context
// calls f, from any goroutine, at each of [CrashPoints]. Nothing but such a context,
// which no program outside of the tests has, makes a client do so.
func WithFault(ctx context.Context, f func(point string)) context.Context {
	return context.WithValue(ctx, faultKey{}, f)
}

// faultOf is what a context has for a client to call, or nil.
func faultOf(ctx context.Context) func(crashPoint) {
	f, ok := ctx.Value(faultKey{}).(func(string))
	if !ok {
		return nil
	}
	return func(p crashPoint) { f(p.String()) }
}

// passing is called at each crash point.
func (c *Client) passing(call localmap.Call, at moment) {
	if c.opt.fault != nil {
		c.opt.fault(crashPoint{call, at})
	}
}
