package client

import (
	"testing"

	"p4p/protocol"
)

func TestAStepThatWasRefusedForGoodShowsWhy(t *testing.T) {
	o := newOffice(t)
	anna, bob := o.enters("anna"), o.enters("bob")
	i := anna.invites("Bob")
	bob.accepts(i, "Anna")
	anna.catchesUp()
	o.set(func() {
		o.answer = func(string) *protocol.Error { return protocol.Errorf(protocol.CodeExpired, "Over.") }
	})
	_, err := anna.Confirm(t.Context(), i.Friendship)
	wantCode(t, err, protocol.CodeExpired)
	f, err := anna.Find(t.Context(), "Bob")
	if err != nil || f.Refusal != protocol.CodeExpired || f.Unsent {
		t.Errorf("%+v, %v", f, err)
	}
}
