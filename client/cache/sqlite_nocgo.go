//go:build !cgo

package cache

// isDamage has nothing to tell: without cgo the driver opens no file at all, which
// the local map has said before anybody comes here.
func isDamage(error) bool { return false }
