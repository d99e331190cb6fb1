package cache

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWhatWasSweptInStepsIsNotSweptAgain(t *testing.T) {
	c, h := jumped(t) // a gap from 4 to 99
	sweep := func(low, high uint64) {
		t.Helper()
		if err := c.Swept(t.Context(), h, Gap{low, high}); err != nil {
			t.Fatal(err)
		}
	}
	want := func(unswept, all []Gap) {
		t.Helper()
		got, err := c.Unswept(t.Context())
		if err != nil || !cmp.Equal(got, unswept) {
			t.Errorf("to be swept: %v, %v; want %v", got, err, unswept)
		}
		if got := gapsOf(t, c); !cmp.Equal(got, all) {
			t.Errorf("gaps %v, want %v", got, all)
		}
	}
	for low := uint64(90); low >= 60; low -= 10 {
		sweep(low, low+9)
		want([]Gap{{4, low - 1}}, []Gap{{low, 99}, {4, low - 1}})
	}
	// A page was filled meanwhile; sweeping makes no gap of it again.
	if _, err := c.Fill(t.Context(), h, 40, 49, nil); err != nil {
		t.Fatal(err)
	}
	sweep(20, 59)
	want([]Gap{{4, 19}}, []Gap{{50, 99}, {20, 39}, {4, 19}})
	sweep(4, 19)
	want(nil, []Gap{{50, 99}, {4, 39}})
}
