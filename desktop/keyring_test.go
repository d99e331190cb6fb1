package desktop

import (
	"errors"
	"testing"

	"github.com/zalando/go-keyring"
)

func TestAKeyringKeepsASecretUntilItIsDeleted(t *testing.T) {
	keyring.MockInit()
	var k Keyring
	if err := k.Set("profile 1", "secret"); err != nil {
		t.Fatal(err)
	}
	if got, err := k.Get("profile 1"); err != nil || got != "secret" {
		t.Errorf("%q, %v", got, err)
	}
	if err := k.Delete("profile 1"); err != nil {
		t.Error(err)
	}
	if got, err := k.Get("profile 1"); err == nil {
		t.Errorf("it still has %q", got)
	}
}

func TestWithoutAKeyringAnErrorSaysSo(t *testing.T) {
	none := errors.New("no session")
	keyring.MockInitWithError(none)
	var k Keyring
	if err := k.Set("profile 1", "secret"); !errors.Is(err, none) {
		t.Error(err)
	}
	if _, err := k.Get("profile 1"); !errors.Is(err, none) {
		t.Error(err)
	}
}
