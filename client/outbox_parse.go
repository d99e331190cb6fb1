package client

import (
	"p4p/localmap"
	"p4p/protocol"
)

// parsed is a record that waits.
type parsed struct {
	localmap.Outgoing
	protocol.Record
	ID protocol.UUID
}

// parse reads the records of an outbox, which verifies them: each once, and not again
// whenever a screen asks. damaged hears of those that cannot be read.
func (o *outgoing) parse(list []localmap.Outgoing, damaged func(error)) []parsed {
	o.mu.Lock()
	known := o.parsed
	o.mu.Unlock()
	next := make(map[protocol.UUID]protocol.Record, len(list))
	out := make([]parsed, 0, len(list))
	for _, waits := range list {
		r, ok := known[waits.ID]
		if !ok {
			var err error
			if r, err = protocol.ParseRecord(waits.JWS); err != nil {
				damaged(err)
				continue
			}
		}
		next[waits.ID] = r
		out = append(out, parsed{waits, r, waits.ID})
	}
	o.mu.Lock()
	o.parsed = next
	o.mu.Unlock()
	return out
}
