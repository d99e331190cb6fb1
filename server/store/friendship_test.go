package store

import (
	"bytes"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"p4p/protocol"
	"p4p/server/mailbox"
)

func hash(t protocol.Token) *protocol.Key32 {
	h := t.Hash()
	return &h
}

func slot(b byte) protocol.Bytes { return bytes.Repeat([]byte{b}, protocol.SlotSize) }

var link, inviter = protocol.Token{1}, protocol.Token{2}

func openCall() mailbox.Call {
	return mailbox.Call{Method: mailbox.Post, Post: &protocol.MailboxPost{
		LinkHash: *hash(link), OwnerHash: *hash(inviter), ExpiresIn: 3600, N: 1, Slot: slot('a'),
	}}
}

func acceptCall(owner protocol.Token) mailbox.Call {
	return mailbox.Call{Method: mailbox.Put, Token: &link, Put: &protocol.MailboxPut{
		OwnerHash: hash(owner), E: &protocol.Key32{3}, N: 1, Slot: slot('b'),
	}}
}

func getCall(t protocol.Token) mailbox.Call { return mailbox.Call{Method: mailbox.Get, Token: &t} }

func deleteCall(t protocol.Token, n uint64, s protocol.Bytes) mailbox.Call {
	return mailbox.Call{Method: mailbox.Delete, Token: &t, Delete: &protocol.MailboxDelete{N: n, Slot: s}}
}

func (w *world) call(f protocol.UUID, c mailbox.Call) mailbox.Result {
	w.Helper()
	res, err := w.Mailbox(w.Context(), f, c)
	if err != nil {
		w.Fatal(err)
	}
	return res
}

func (w *world) noCall(f protocol.UUID, c mailbox.Call, code protocol.Code) {
	w.Helper()
	_, err := w.Mailbox(w.Context(), f, c)
	wantCode(w, err, code)
}

func TestAMailboxIsStoredAsItWas(t *testing.T) {
	w := newWorld(t)
	f, invitee := protocol.UUID{1}, protocol.Token{3}
	w.noCall(f, getCall(link), protocol.CodeUnknownFriendship)
	for _, c := range []mailbox.Call{
		openCall(), acceptCall(invitee), deleteCall(invitee, 2, slot('x')),
	} {
		res := w.call(f, c)
		if !res.Changed {
			t.Fatal("nothing changed")
		}
		w.reopen()
		got := w.call(f, getCall(inviter))
		if diff := cmp.Diff(res.Row, got.Row); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(res.View, got.View); diff != "" {
			t.Error(diff)
		}
	}
	w.noCall(protocol.UUID{2}, getCall(inviter), protocol.CodeUnknownFriendship)
}

// TestOfManyWithTheSameLinkExactlyOneIsAccepted lets many accept at one instant.
func TestOfManyWithTheSameLinkExactlyOneIsAccepted(t *testing.T) {
	const tries, people = 100, 8
	w := newWorld(t)
	for try := range tries {
		f := protocol.UUID{1, byte(try)}
		w.call(f, openCall())
		var barrier, done sync.WaitGroup
		barrier.Add(people)
		errs := make([]error, people)
		for i := range people {
			done.Go(func() {
				barrier.Done()
				barrier.Wait()
				_, errs[i] = w.Mailbox(t.Context(), f, acceptCall(protocol.Token{9, byte(i)}))
			})
		}
		done.Wait()
		accepted := -1
		for i, err := range errs {
			switch {
			case err == nil && accepted < 0:
				accepted = i
			case err == nil:
				t.Fatalf("try %d: two were accepted", try)
			default:
				wantCode(t, err, protocol.CodeAlreadyAccepted)
			}
		}
		if accepted < 0 {
			t.Fatalf("try %d: nobody was accepted", try)
		}
		w.call(f, acceptCall(protocol.Token{9, byte(accepted)})) // its own retry
		w.call(f, getCall(protocol.Token{9, byte(accepted)}))
	}
}

func TestAfterTheAcceptanceTheLinkOpensNothing(t *testing.T) {
	w := newWorld(t)
	f, invitee := protocol.UUID{1}, protocol.Token{3}
	w.call(f, openCall())
	if role, view, err := w.MailboxRole(t.Context(), f, link); role != mailbox.Link || view.State != protocol.MailboxOpen || err != nil {
		t.Errorf("watching with the link: %v, %v, %v", role, view.State, err)
	}
	w.call(f, acceptCall(invitee))
	w.noCall(f, getCall(link), protocol.CodeAlreadyAccepted)
	w.noCall(f, acceptCall(protocol.Token{4}), protocol.CodeAlreadyAccepted)
	w.noCall(f, deleteCall(link, 2, slot('x')), protocol.CodeUnknownFriendship)
	_, _, err := w.MailboxRole(t.Context(), f, link)
	wantCode(t, err, protocol.CodeAlreadyAccepted)
	_, _, err = w.MailboxRole(t.Context(), f, protocol.Token{7})
	wantCode(t, err, protocol.CodeUnknownFriendship)
	for token, want := range map[protocol.Token]mailbox.Role{inviter: mailbox.Inviter, invitee: mailbox.Invitee} {
		if role, view, err := w.MailboxRole(t.Context(), f, token); role != want || view.State != protocol.MailboxAccepted || err != nil {
			t.Errorf("watching: %v, %v, %v", role, view.State, err)
		}
	}
}

func TestInvitesExpireWithOrWithoutTheSweep(t *testing.T) {
	for name, swept := range map[string]bool{"by a call": false, "by the sweep": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			f := protocol.UUID{1}
			w.call(f, openCall())
			w.clock.pass(100 * time.Minute) // asked for an hour at 10:20: until 12:00
			if swept {
				w.sweep()
			}
			w.noCall(f, getCall(link), protocol.CodeExpired)
			var slots int
			if err := w.writer.QueryRow("SELECT count(*) FROM mailboxes WHERE state = 'expired' AND slot_a IS NULL").Scan(&slots); err != nil || slots != 1 {
				t.Errorf("%d expired mailboxes without a slot, %v", slots, err)
			}
			w.clock.pass(protocol.ClosedKept)
			w.sweep()
			if n := w.count("mailboxes"); n != 0 {
				t.Errorf("%d mailboxes are left", n)
			}
		})
	}
}

func TestTheSweepLeavesFriendshipsAlone(t *testing.T) {
	w := newWorld(t)
	for i := range byte(250) { // more than one transaction of the sweep
		w.call(protocol.UUID{1, i}, openCall())
	}
	f, invitee := protocol.UUID{2}, protocol.Token{3}
	w.call(f, openCall())
	w.call(f, acceptCall(invitee))
	w.clock.pass(protocol.ClosedKept + 48*time.Hour)
	w.sweep()
	if n := w.count("mailboxes"); n != 1 {
		t.Errorf("%d mailboxes are left", n)
	}
	w.call(f, deleteCall(inviter, 2, slot('x')))
	w.clock.pass(protocol.EndedKept - time.Hour)
	w.sweep()
	w.call(f, getCall(invitee))
	w.clock.pass(2 * time.Hour)
	w.sweep()
	w.noCall(f, getCall(invitee), protocol.CodeUnknownFriendship)
}

// A row's columns are the design's, and no more: nothing tells when a mailbox
// was made, in which order, or by which device.
func TestAMailboxHasNoOtherColumns(t *testing.T) {
	w := newWorld(t)
	rows, err := w.writer.Query("SELECT name FROM pragma_table_info('mailboxes')")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var got []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		got = append(got, name)
	}
	want := []string{"f", "state", "expires", "link_hash", "owner_a", "owner_b", "e", "n_a", "n_b", "zeros", "slot_a", "slot_b"}
	if diff := cmp.Diff(want, got); diff != "" || rows.Err() != nil {
		t.Error(diff, rows.Err())
	}
	w.call(protocol.UUID{1}, openCall())
	if _, err := w.writer.Exec("UPDATE mailboxes SET rowid = rowid"); err == nil {
		t.Error("mailboxes have a rowid, which tells their order")
	}
	var zeros int
	if err := w.writer.QueryRow("SELECT count(*) FROM mailboxes WHERE zeros = zeroblob(1024)").Scan(&zeros); err != nil || zeros != 1 {
		t.Errorf("%d rows are padded with zeros, %v", zeros, err)
	}
}

func rewriteCall(t protocol.Token, n uint64, s protocol.Bytes) mailbox.Call {
	return mailbox.Call{Method: mailbox.Put, Token: &t, Put: &protocol.MailboxPut{N: n, Slot: s}}
}
