package wire

import (
	"errors"
	"net/netip"
	"syscall"
)

var errAbroad = errors.New("the address is not of this machine")

// onlyLoopback is a [net.Dialer].Control for calls without encryption: a name of
// this machine, localhost, stands for whatever a resolver says, and what is not
// encrypted must not leave the machine.
func onlyLoopback(_, address string, _ syscall.RawConn) error {
	if a, err := netip.ParseAddrPort(address); err != nil || !a.Addr().Unmap().IsLoopback() {
		return errAbroad
	}
	return nil
}
