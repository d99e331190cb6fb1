//go:build unix

package server

import "syscall"

// openFiles is how many files this process may have open; Go has raised that to
// what the system allows.
func openFiles() int {
	const least, most = 256, 1 << 20
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return least
	}
	return int(min(max(uint64(l.Cur), least), most)) //nolint:unconvert // signed on some systems; bounded
}
