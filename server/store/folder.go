package store

import (
	"os"
	"path/filepath"

	"p4p/protocol"
)

const lockName = "lock"

// lockFolder makes the folder where it is missing and takes its lock, which the
// system lets go when the process ends, however it ends.
func lockFolder(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, unwritable(dir, err)
	}
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, unwritable(dir, err)
	}
	taken, err := tryLock(f)
	if err != nil {
		f.Close()
		return nil, unwritable(dir, err)
	}
	if !taken {
		f.Close()
		return nil, protocol.Errorf(protocol.CodeDataLocked,
			"The data folder %q is in use by another P4P server: end that one, or choose another folder.", dir)
	}
	return f, nil
}
