package localmap

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lockFile takes the system's lock on a file, which a killed process gives back.
// Without wait, ok is false when somebody else has it.
func lockFile(name string, wait bool) (unlock func(), ok bool, err error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, false, err
	}
	how := uint32(windows.LOCKFILE_EXCLUSIVE_LOCK)
	if !wait {
		how |= windows.LOCKFILE_FAIL_IMMEDIATELY
	}
	if err := windows.LockFileEx(windows.Handle(f.Fd()), how, 0, 1, 0, new(windows.Overlapped)); err != nil {
		_ = f.Close()
		if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
			return nil, false, nil
		}
		return nil, false, err
	}
	return func() { _ = f.Close() }, true, nil
}

// A locked map is worked on in memory, for which this system has no folder.
func shareFile(string) (func(), error) { return nil, errors.ErrUnsupported }
func inMemory() string                 { return "" }
func ownedAlone(string) bool           { return false }

// syncFolder does nothing: the system keeps renames in order by itself.
func syncFolder(string) error { return nil }
