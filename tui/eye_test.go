package tui

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"p4p/client"
	"p4p/protocol"
)

// StoredRecord answers as a server would: it has no label to tell.
func (f *fake) StoredRecord(_ context.Context, id protocol.UUID) (client.StoredRecord, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.IndexFunc(f.log, func(it client.Item) bool { return it.ID == id })
	if f.err != nil || i < 0 {
		return client.StoredRecord{}, protocol.Errorf(protocol.CodeNoServer, "The server is not reached now, and what it holds is there alone.")
	}
	it := f.log[i]
	r := client.StoredRecord{Seq: it.Seq, Record: protocol.Record{ID: it.ID, Kind: it.Kind, Author: it.Author, Payload: protocol.Payload{
		CreatedAt: it.CreatedAt, Target: it.Target, Text: it.Text, Image: it.Image,
	}}}
	b64 := base64.RawURLEncoding.EncodeToString
	r.Header = fmt.Sprintf(`{"alg":"EdDSA","jwk":{"kty":"OKP","crv":"Ed25519","x":"%s"},"typ":"p4p-%s+jws"}`, b64(it.Author[:]), it.Kind)
	r.Payload = fmt.Sprintf(`{"srv":"%s","nonce":"AAAAAAAAAAAAAAAAAAAAAA","created_at":"%s","text":%q}`, alice.UUID(), it.CreatedAt.Format("2006-01-02T15:04Z"), it.Text)
	r.JWS = b64([]byte(r.Header)) + "." + b64([]byte(r.Payload)) + "." + b64([]byte(strings.Repeat("signed", 11)[:64]))
	return r, nil
}

// StoredMailbox is a row with sealed slots, one until the invite is accepted.
func (f *fake) StoredMailbox(_ context.Context, fid protocol.UUID) (client.StoredMailbox, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, fr := range f.friends {
		if fr.Friendship != fid {
			continue
		}
		if fr.State == client.StateRefused || fr.State == client.StateRevoked {
			return client.StoredMailbox{}, protocol.Errorf(protocol.CodeRevoked, "This invite was revoked.")
		}
		m := client.StoredMailbox{Friendship: fid, Inviter: fr.Inviter}
		m.State = protocol.MailboxAccepted
		one, n := protocol.Bytes(sealed(fid[1])), uint64(2)
		m.Slots[0], m.N[0] = &one, &n
		if fr.State == client.StateInvited {
			at := "2026-03-16T12:00:00Z"
			m.State, m.ExpiresAt = protocol.MailboxOpen, &at
		} else {
			two, first := protocol.Bytes(sealed(fid[1]+1)), uint64(1)
			m.Slots[1], m.N[1] = &two, &first
		}
		return m, nil
	}
	return client.StoredMailbox{}, protocol.Errorf(protocol.CodeUnknownFriendship, "There is no such friendship.")
}

// sealed is bytes without a pattern that an eye could see.
func sealed(seed byte) []byte {
	b := make([]byte, 4124)
	x := uint32(seed) + 1
	for i := range b {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		b[i] = byte(x >> 8)
	}
	return b
}

func TestTheServersEyeSeesNoName(t *testing.T) {
	p := sit(t, crowded(), 80, 24)
	p.sees("◆ you", "★ Alice").press("v").sees("the server's eye records", alice.UUID().String())
	p.doesNotSee("Alice", "★", " you ", "anonymous").sees("#6 post", `"typ":"p4p-post+jws"`)
	p.press("v").sees("★ Alice")
}

func TestTheServersEyeSeesTheBytesOfTheSelectedRecord(t *testing.T) {
	p := sit(t, lively(), 80, 40)
	p.press("j", "j", "j", "v").sees("record "+id(4).String(), `"text":"Who else is out there today?"`)
	p.press("k").sees("record " + id(5).String())
	row, err := p.fake.StoredRecord(t.Context(), id(5))
	if err != nil {
		t.Fatal(err)
	}
	p.press("r").sees("Record #5")
	if got := strings.ReplaceAll(p.flat(), " ", ""); !strings.Contains(got, row.JWS) {
		t.Errorf("the row is not shown whole:\n%s", p.text())
	}
	p.press("q").sees("the server's eye")
}

func TestTheServersEyeSeesCommentsAsRows(t *testing.T) {
	p := sit(t, lively(), 80, 40)
	p.press("j", "j", "j", "v", "enter").sees("#4 post", "#7 comment", "Here, by the lake.", "#8 comment").doesNotSee("Alice")
	p.press("esc").sees("#6 post").press("v").sees("★ Alice")
}

func TestFriendshipsAreSealedBytesForTheServersEye(t *testing.T) {
	f := crowded()
	p := sit(t, f, 80, 40)
	p.press("f").sees("Bob", "Carol", "Grandma").press("v").sees("friendships", id(601).String(), "accepted · 2 sealed slots", "4,124 sealed bytes")
	for range len(f.friends) + len(f.contacts) {
		for _, fr := range f.friends {
			p.doesNotSee(fr.Name)
		}
		p.doesNotSee("Alice", "Grandma").press("j")
	}
	p.press("v").sees("Bob", "Carol")
}

func TestWhatIsForItsOwnerClosesTheServersEye(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("i").types("Bob").press("enter", "esc", "v")
	p.fake.someoneAccepts()
	p.hears(client.NoticesChanged).doesNotSee("Bob").press("y").sees("Is this Bob?").press("esc").sees("★ Alice")
	p.press("v").paste(aLink(false).URL()).sees("A friend invite on").press("esc").sees("★ Alice")
}

func TestTheServersEyeIsReadAnewEachTime(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.fake.err = protocol.Errorf(protocol.CodeNoServer, "x")
	p.press("v").sees("what it holds is there alone")
	p.fake.err = nil
	p.press("v", "v").sees("#6 post").doesNotSee("there alone")
}

func TestTheServerHasNeverHeardOfWhatWaits(t *testing.T) {
	p := sit(t, newFake(), 80, 24)
	p.fake.offline = true
	p.press("n").types("later").press("ctrl+s").press("j", "v").sees("nothing: this still waits", "never heard of this")
}

func TestTheServersEyeSeesWhatWasFoundOrKeptAsRows(t *testing.T) {
	p := sit(t, crowded(), 80, 40)
	p.press("/").types("a").press("enter").sees("★ Alice")
	p.press("v").sees("the server's eye records", "#4 post", "record "+id(4).String()).doesNotSee("Alice", "★", "› a")
	p.press("r").sees("Record #4").press("q").sees("the server's eye")
	p.press("esc").sees("› a").doesNotSee("the server's eye") // its owner's words
	p.press("esc", "j", "w").sees("Posts").press("v").sees("the server's eye records", " post ").doesNotSee("Alice")
	p.press("v").sees("Posts").doesNotSee("the server's eye")
}

func TestWhatTheServerHasNothingOfSaysSo(t *testing.T) {
	sit(t, crowded(), 80, 24).press("Z", "v").sees("The server sees nothing of this", "on this machine only")
	p := sit(t, crowded(), 80, 24).press("P", "v")
	p.sees("The server sees nothing of this but "+p.fake.Whoami(t.Context()).UUID.String(), "no phone book")
}
