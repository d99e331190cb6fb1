package localmap

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"

	"p4p/protocol"
)

// A locked map lies on the disk sealed, and is worked on in a folder in memory,
// where all processes of its owner share it. Every change is in the sealed file
// before it counts as made, so that a power cut loses nothing. Memory is cleaned
// when the last process ends; one that is killed leaves that to the next, or to the
// end of the session.
//
// The sealed file is written under a key of its own, and that key lies beside it
// under the passphrase, or in the system's keyring: another passphrase rewrites only
// the key's file.
const (
	// SealedName is a locked map's name in a profile's folder.
	SealedName = "localmap.sealed"
	keyFile    = "localmap.key"
	sealLock   = "sealed.lock"
	usersLock  = "users.lock"

	sealLabel     = "p4p/1 sealed map"
	keyringPrefix = "keyring "
)

// Keyring keeps secrets for the owner's session; see package desktop.
type Keyring interface {
	Get(name string) (string, error)
	Set(name, secret string) error
	Delete(name string) error
}

// vault is a locked map that is open.
type vault struct {
	dir, work string
	aead      cipher.AEAD
	leave     func() // gives back the share in the working copy
}

// Locked tells whether the map in dir is locked.
func Locked(dir string) (bool, error) {
	plain, err := exists(filepath.Join(dir, FileName))
	if plain || err != nil {
		return false, err // a lock that was not completed, or a key taken off: the open file counts
	}
	return exists(filepath.Join(dir, SealedName))
}

// openVault gives the vault of a locked map, nil for one that is not locked.
func openVault(dir string, o Options) (*vault, error) {
	locked, err := Locked(dir)
	if err != nil || !locked {
		return nil, err
	}
	if left := filepath.Join(dir, FileName+destroyed); fileThere(left) { // whoever locked it was killed
		if err := overwrite(left); err != nil {
			return nil, err
		}
	}
	key, err := openKey(dir, o)
	if err != nil {
		return nil, err
	}
	v, err := newVault(dir, key, o)
	if err != nil {
		return nil, err
	}
	if v.leave, err = shareFile(filepath.Join(v.work, usersLock)); err != nil {
		return nil, errUnwritable(v.work, cause(err))
	}
	if err := v.materialise(); err != nil {
		v.close()
		return nil, err
	}
	return v, nil
}

func newVault(dir string, key []byte, o Options) (*vault, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	work, err := workFolder(dir, o.Memory)
	if err != nil {
		return nil, err
	}
	return &vault{dir: dir, work: work, aead: aead, leave: func() {}}, nil
}

// workFolder is a map's own folder in memory, for its owner alone.
func workFolder(dir, memory string) (string, error) {
	if memory == "" {
		memory = inMemory()
	}
	if memory == "" {
		return "", protocol.Errorf(protocol.CodeLocked,
			"This system has no folder that lies in memory, which a locked profile is worked on in: encrypt the disk instead.")
	}
	name := sha256.Sum256([]byte(dir))
	work := filepath.Join(memory, "p4p-"+hex.EncodeToString(name[:12]))
	if err := os.Mkdir(work, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", errUnwritable(memory, cause(err))
	}
	if !ownedAlone(work) {
		return "", protocol.Errorf(protocol.CodeLocked, "The folder %s is somebody else's, or others may read it: remove it.", work)
	}
	return work, nil
}

func (v *vault) file() string { return filepath.Join(v.work, FileName) }

// materialise writes the working copy unless another process has, or a killed one
// left it: that is never older than what is sealed.
func (v *vault) materialise() error {
	unlock, _, err := lockFile(filepath.Join(v.work, setupLock), true)
	if err != nil {
		return errUnwritable(v.work, cause(err))
	}
	defer unlock()
	sealed, err := os.ReadFile(filepath.Join(v.dir, SealedName))
	if err != nil {
		return errUnwritable(v.dir, cause(err))
	}
	plain, err := v.open(sealed)
	if err != nil {
		return err
	}
	if there, err := exists(v.file()); there || err != nil {
		return err
	}
	if err := writeSynced(v.file(), plain); err != nil {
		return errUnwritable(v.work, cause(err))
	}
	return nil
}

func (v *vault) open(sealed []byte) ([]byte, error) {
	n := v.aead.NonceSize()
	if len(sealed) < n {
		return nil, errDamaged(filepath.Join(v.dir, SealedName), "it is cut off")
	}
	plain, err := v.aead.Open(nil, sealed[:n], sealed[n:], []byte(sealLabel))
	if err != nil {
		return nil, errDamaged(filepath.Join(v.dir, SealedName), "it was changed, or its key belongs to another")
	}
	return plain, nil
}

// seal writes what the working copy holds now, one process at a time: the file on
// the disk never goes back to an older state.
func (v *vault) seal(ctx context.Context, conn *sql.Conn) error {
	unlock, _, err := lockFile(filepath.Join(v.work, sealLock), true)
	if err != nil {
		return errUnwritable(v.work, cause(err))
	}
	defer unlock()
	if locked, err := Locked(v.dir); err != nil {
		return err
	} else if !locked { // whoever took the lock off did not wait for this process
		return protocol.Errorf(protocol.CodeWrongState, "The lock of this profile was taken off meanwhile, and this change was not kept: start p4p again.")
	}
	plain, err := serialize(ctx, conn)
	if err != nil {
		return err
	}
	return v.write(plain)
}

func (v *vault) write(plain []byte) error {
	nonce := make([]byte, v.aead.NonceSize())
	if _, err := io.ReadFull(rand.Reader, nonce); err != nil {
		return err
	}
	if err := writeSynced(filepath.Join(v.dir, SealedName), v.aead.Seal(nonce, nonce, plain, []byte(sealLabel))); err != nil {
		return errUnwritable(v.dir, cause(err))
	}
	return nil
}

// close cleans the memory if nobody else works there.
func (v *vault) close() {
	v.leave()
	unlock, alone, err := lockFile(filepath.Join(v.work, usersLock), false)
	if err != nil || !alone {
		return
	}
	defer unlock()
	v.clean()
}

func (v *vault) clean() {
	for _, name := range []string{"", "-wal", "-shm", "-journal", ".new"} {
		_ = os.Remove(v.file() + name)
	}
}

func fileThere(name string) bool {
	there, err := exists(name)
	return there && err == nil
}

// writeSynced puts a whole file in place of the one that is there, or leaves that.
func writeSynced(file string, b []byte) error {
	tmp := file + ".new"
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(tmp)
		return err
	}
	if err := os.Rename(tmp, file); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(file))
}

// openKey reads the key with the passphrase that is asked for, or from the keyring.
func openKey(dir string, o Options) ([]byte, error) {
	b, err := os.ReadFile(filepath.Join(dir, keyFile))
	if err != nil {
		return nil, errUnwritable(dir, cause(err))
	}
	if name, ok := strings.CutPrefix(string(b), keyringPrefix); ok {
		return keyOfRing(strings.TrimSpace(name), o)
	}
	if o.Passphrase == nil {
		return nil, errLocked()
	}
	passphrase, err := o.Passphrase()
	if err != nil {
		return nil, err
	}
	key, err := unwrapKey(b, passphrase)
	if err != nil && protocol.CodeOf(err) != protocol.CodeWrongPassphrase {
		return nil, errDamagedKey(filepath.Join(dir, keyFile), err)
	}
	return key, err
}

func errDamagedKey(file string, cause error) *protocol.Error {
	return protocol.Errorf(protocol.CodeMapDamaged,
		"The key of this profile's lock, %q, is damaged or was cut: no passphrase opens it. It was left as it is. Put a copy of it in its place, or restore a backup into a new profile.", file).Because(cause)
}

func errLocked() *protocol.Error {
	return protocol.Errorf(protocol.CodeLocked,
		"This profile is locked with a passphrase: run p4p in a terminal, which asks for it, or set P4P_LOCK_PASSPHRASE.")
}

func keyOfRing(name string, o Options) ([]byte, error) {
	if o.Keyring == nil {
		return nil, protocol.Errorf(protocol.CodeLocked, "This profile's key is in a keyring, and there is none here.")
	}
	secret, err := o.Keyring.Get(name)
	if err != nil {
		return nil, protocol.Errorf(protocol.CodeLocked,
			"This profile's key is in your desktop's keyring, which does not give it out now: log in to your desktop, and unlock the keyring.").Because(err)
	}
	key, err := hex.DecodeString(secret)
	if err != nil || len(key) != 32 {
		return nil, protocol.Errorf(protocol.CodeLocked, "What the keyring holds for this profile is no key.")
	}
	return key, nil
}

func wrapKey(key []byte, passphrase string, work int) ([]byte, error) {
	to, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return nil, protocol.Errorf(protocol.CodeUsage, "A lock needs a passphrase: type one.").Because(err)
	}
	if work > 0 {
		to.SetWorkFactor(work)
	}
	var out bytes.Buffer
	w, err := age.Encrypt(&out, to)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(key); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// unwrapKey opens a key's file. Code: wrong_passphrase; any other error is damage. (A
// change in the few bytes that the passphrase opens cannot be told from a wrong one.)
func unwrapKey(b []byte, passphrase string) ([]byte, error) {
	wrong := protocol.Errorf(protocol.CodeWrongPassphrase, "This is not the passphrase of the profile's lock; nothing was changed.")
	with, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, wrong.Because(err)
	}
	r, err := age.Decrypt(bytes.NewReader(b), with)
	var other *age.NoIdentityMatchError
	switch {
	case errors.As(err, &other) && len(other.StanzaTypes) == 1 && other.StanzaTypes[0] == "scrypt":
		return nil, wrong.Because(err)
	case err != nil:
		return nil, err
	}
	key, err := io.ReadAll(io.LimitReader(r, 33))
	if err != nil {
		return nil, err
	}
	if len(key) != 32 {
		return nil, fmt.Errorf("a key of %d bytes", len(key))
	}
	return key, nil
}
