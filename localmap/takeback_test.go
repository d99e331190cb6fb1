package localmap

import "testing"

func TestWhatIsTakenBackTakesAPersonAlongOnlyIfNothingElseHangsOnThem(t *testing.T) {
	for _, tt := range []struct {
		name        string
		withContact bool
		second      bool
		stays       int
	}{
		{"a contact that was there", false, false, 1},
		{"a contact made for it", true, false, 0},
		{"a contact that got another friendship", true, true, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := fresh(t)
			f := must[Friendship](t)(m.CreateFriendship(ctx, invite(t, m, "Bob"), "Bob", true))
			if tt.second {
				must[Friendship](t)(m.CreateFriendship(ctx, invite(t, m, "Bob's tablet"), "Bob", true))
			}
			ok(t, m.TakeBack(ctx, f.ID, tt.withContact))
			_, err := m.Friendship(ctx, f.ID)
			wantCode(t, err, "unknown_friendship")
			if book := must[[]Contact](t)(m.Contacts(ctx)); len(book) != tt.stays {
				t.Errorf("the phone book has %v", book)
			}
			wantCode(t, m.TakeBack(ctx, f.ID, tt.withContact), "unknown_friendship")
		})
	}
}
