package localmap

import (
	"fmt"
	"testing"

	"p4p/protocol"
)

func TestTheKeyIsDrawnOnceAndStays(t *testing.T) {
	m := fresh(t)
	key := m.Key().Public
	ok(t, m.Close())
	if again := reopened(t, m.dir); again.Key().Public != key || again.Rotations() != 0 {
		t.Error("another key after reopening")
	}
	if fresh(t).Key().Public == key {
		t.Error("two profiles have one key")
	}
}

func TestTheKeysOfAllRotationsAreOnesOwn(t *testing.T) {
	m := fresh(t)
	root, before := m.Root(), m.Key().Public
	rotateAside(t, m.dir, 3) // as another process would
	if !must[bool](t)(m.Refresh(ctx)) {
		t.Fatal("the other process was not noticed")
	}
	for i := range uint32(4) {
		if !m.Own(root.DeviceKey(i).Public) {
			t.Errorf("key %d is not one's own", i)
		}
	}
	if m.Own(root.DeviceKey(4).Public) {
		t.Error("a key of the future is one's own")
	}
	if m.Key().Public != root.DeviceKey(3).Public || m.Key().Public == before || m.Rotations() != 3 {
		t.Error("it does not sign with the last key")
	}
}

// rotateAside changes the key n times behind an open map's back.
func rotateAside(t *testing.T, dir string, n int) {
	t.Helper()
	doSQL(t, dir, fmt.Sprintf("UPDATE profile SET rotations = %d", n))
	for i := range n {
		doSQL(t, dir, fmt.Sprintf("INSERT INTO cuts (rotation, epoch, cut) VALUES (%d, zeroblob(16), %d)", i+1, i))
	}
}

func TestAProfileBelongsToTheFirstServerItIsBoundTo(t *testing.T) {
	m := fresh(t)
	ok(t, m.SetServerURL(ctx, "https://a.example", "PIN"))
	if id, url, pin := m.Server(); id != nil || url != "https://a.example" || pin != "PIN" {
		t.Errorf("remembered %v %q %q", id, url, pin)
	}
	ok(t, m.Bind(ctx, server, "", ""))
	ok(t, m.Bind(ctx, server, "", "")) // idempotent
	if id, url, pin := m.Server(); id == nil || *id != server || url != "https://a.example" || pin != "PIN" {
		t.Errorf("bound to %v at %q, %q", id, url, pin)
	}
	wantCode(t, m.Bind(ctx, other, "https://b.example", ""), protocol.CodeOtherServer)
	wantCode(t, m.Enqueue(ctx, foreign(t, m), nil), protocol.CodeOtherServer)
	ok(t, m.Bind(ctx, server, "https://moved.example", "")) // the same server, elsewhere
	ok(t, m.Close())
	if id, url, pin := reopened(t, m.dir).Server(); id == nil || *id != server || url != "https://moved.example" || pin != "" {
		t.Errorf("reopened: bound to %v at %q, %q", id, url, pin)
	}
}

// foreign is a record of m's for another server.
func foreign(t tester, m *Map) protocol.Record {
	r, err := protocol.Sign(m.Key(), protocol.KindPost, protocol.Payload{Server: other, CreatedAt: protocol.Cut(noon), Text: "hello"})
	ok(t, err)
	return r
}

func TestAnUnboundProfileGetsAFreshRootForAnotherServer(t *testing.T) {
	m := fresh(t)
	first := m.Root()
	ok(t, m.Rebind(ctx))
	if m.Root() == first || m.Own(first.DeviceKey(0).Public) || !m.Own(m.Key().Public) {
		t.Error("the old root is still in use")
	}
	second := m.Root()
	ok(t, m.Bind(ctx, server, "", ""))
	wantCode(t, m.Rebind(ctx), protocol.CodeWrongState)
	if m.Root() != second {
		t.Error("a bound profile got another root")
	}
}

func TestTheZeroUUIDBindsNothing(t *testing.T) {
	m := fresh(t)
	if err := m.Bind(ctx, protocol.UUID{}, "", ""); err == nil {
		t.Error("bound to the zero UUID")
	}
	if id, _, _ := m.Server(); id != nil {
		t.Errorf("bound to %v", id)
	}
}
