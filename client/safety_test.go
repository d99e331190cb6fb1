package client

import (
	"strings"
	"testing"

	"p4p/protocol"
)

func number(t *testing.T, p *person, f protocol.UUID) string {
	t.Helper()
	found, err := p.find(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	return found.SafetyNumber
}

func TestTheSafetyNumberVerifiesHoweverItIsTyped(t *testing.T) {
	o := newOffice(t)
	alice, bob := o.enters("alice"), o.enters("bob")
	f := o.friends(alice, "Bob", bob, "Alice")
	read := number(t, bob, f)
	for _, typed := range []string{
		read, strings.ReplaceAll(read, " ", ""), strings.ReplaceAll(read, " ", "-"), "  " + strings.ReplaceAll(read, " ", "\n\t. ") + " ",
	} {
		got, err := alice.Verify(t.Context(), f, typed)
		if err != nil || !got.Verified {
			t.Fatalf("%q: %+v, %v", typed, got, err)
		}
		if l, _ := alice.local.Label(bob.local.Key().Public); !l.Verified {
			t.Fatalf("%q: the label is %+v", typed, l)
		}
		if got, err = alice.Unverify(t.Context(), f); err != nil || got.Verified {
			t.Fatalf("the mark stays: %+v, %v", got, err)
		}
	}
	alice.Verify(t.Context(), f, read)
	alice.restarts()
	if again, err := alice.Verify(t.Context(), f, read); err != nil || !again.Verified {
		t.Errorf("after a restart %+v, %v", again, err)
	}
	if his, err := bob.find(t.Context(), f); err != nil || his.Verified {
		t.Errorf("the mark is hers alone: %+v, %v", his, err)
	}
}

func TestAnyOtherNumberWarnsAndMarksNothing(t *testing.T) {
	o := newOffice(t)
	alice, bob, carol := o.enters("alice"), o.enters("bob"), o.enters("carol")
	f := o.friends(alice, "Bob", bob, "Alice")
	other := o.friends(alice, "Carol", carol, "Alice")
	read := number(t, bob, f)
	for _, typed := range []string{"", "12345", read + "0", read[1:], "x" + read, read[:len(read)-1] + "٣", number(t, carol, other)} {
		_, err := alice.Verify(t.Context(), f, typed)
		wantCode(t, err, protocol.CodeSafetyMismatch)
		if !strings.Contains(err.Error(), "Bob was not marked") {
			t.Errorf("%q: %v", typed, err)
		}
	}
	if got, err := alice.find(t.Context(), f); err != nil || got.Verified {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestWhatHasNoNumberCannotBeVerified(t *testing.T) {
	o := newOffice(t)
	alice, bob := o.enters("alice"), o.enters("bob")
	open := alice.invites("Dora").Friendship
	_, err := alice.Verify(t.Context(), open, "")
	wantCode(t, err, protocol.CodeWrongState)
	f := o.friends(alice, "Bob", bob, "Alice")
	bob.does(bob.Remove, f)
	alice.catchesUp()
	_, err = alice.Verify(t.Context(), f, number(t, alice, f))
	wantCode(t, err, protocol.CodeWrongState)
	_, err = bob.Unverify(t.Context(), f)
	wantCode(t, err, protocol.CodeUnknownFriendship)
}
