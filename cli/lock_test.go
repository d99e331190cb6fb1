package cli

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"p4p/protocol"
)

// ring is a keyring, or the lack of one.
type ring struct {
	held map[string]string
	err  error
}

func (r ring) Get(name string) (string, error) { return r.held[name], r.err }
func (r ring) Delete(name string) error        { delete(r.held, name); return r.err }
func (r ring) Set(name, secret string) error {
	if r.err == nil {
		r.held[name] = secret
	}
	return r.err
}

func TestTheKeyringGetsTheKeyOnlyAfterAYesToTheRisk(t *testing.T) {
	for answer, want := range map[string]protocol.Code{"y\n": "", "n\n": protocol.CodeInterrupted, "\n": protocol.CodeInterrupted, "": protocol.CodeUsage} {
		var out bytes.Buffer
		r := ring{held: map[string]string{}}
		a := &app{Streams: Streams{In: strings.NewReader(answer), Out: &out, Err: &out}}
		if err := a.leaveToKeyring(r); protocol.CodeOf(err) != want {
			t.Errorf("to %q: %v, want %q", answer, err, want)
		}
		for _, s := range []string{"keyring answers", "takes the profile with it", "p4p backup FILE"} {
			if !strings.Contains(out.String(), s) {
				t.Errorf("%q is not told:\n%s", s, out.String())
			}
		}
		if len(r.held) > 0 {
			t.Errorf("the question left %v in the keyring", r.held)
		}
	}
}

func TestWhereThereIsNoKeyringNothingIsAsked(t *testing.T) {
	var out bytes.Buffer
	a := &app{Streams: Streams{In: strings.NewReader("y\n"), Out: &out, Err: &out}}
	err := a.leaveToKeyring(ring{err: errors.New("no session bus")})
	if protocol.CodeOf(err) != protocol.CodeLocked || !strings.Contains(err.Error(), "no session bus") || !strings.Contains(err.Error(), "Nothing was locked") {
		t.Errorf("it says %v", err)
	}
	if out.Len() > 0 {
		t.Errorf("it asks:\n%s", out.String())
	}
}
