package client

import "p4p/localmap"

// A process can die anywhere; for a friendship only these places differ in what
// the local map and the server know. A test makes it die at each of them.

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

// passing is called at each crash point.
func (c *Client) passing(call localmap.Call, at moment) {
	if c.opt.fault != nil {
		c.opt.fault(crashPoint{call, at})
	}
}
