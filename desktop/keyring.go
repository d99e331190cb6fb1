package desktop

import (
	"errors"
	"time"

	"github.com/zalando/go-keyring"
)

// keyringPatience is how long a keyring is waited for: where nobody unlocks it, some
// never answer.
const keyringPatience = 10 * time.Second

// service is what P4P's secrets are kept under.
const service = "P4P"

// Keyring is the system's: the Secret Service of a Linux desktop, the macOS keychain,
// the Windows credential store. Each call ends within ten seconds; without a
// desktop's session it fails.
type Keyring struct{}

// Get gives the secret of that name.
func (Keyring) Get(name string) (secret string, err error) {
	err = inTime(func() (err error) {
		secret, err = keyring.Get(service, name)
		return err
	})
	if err != nil {
		return "", err
	}
	return secret, nil
}

// Set keeps a secret.
func (Keyring) Set(name, secret string) error {
	return inTime(func() error { return keyring.Set(service, name, secret) })
}

// Delete forgets one.
func (Keyring) Delete(name string) error {
	return inTime(func() error { return keyring.Delete(service, name) })
}

var errSlow = errors.New("The keyring does not answer")

// inTime gives up waiting for f, which then ends by itself.
func inTime(f func() error) error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	timer := time.NewTimer(keyringPatience)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-timer.C:
		return errSlow
	}
}
