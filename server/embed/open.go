package embed

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"p4p/protocol"
	"p4p/server"
	"p4p/server/lan"
)

// openFile is in the data folder as long as the server is open to the network, and
// holds the address that its encrypted port had last.
const openFile = "open"

// lookEvery is after how many looks a serving process asks where in the network
// it is now: a laptop moves.
const lookEvery = 20

// Open opens the home's server to the network that this machine is in, with an
// encrypted port beside the plain one, and gives the address that others reach it
// by. It stays open, at the next start too, until [Keeper.Shut]. Codes: usage (no
// private network), home_unwritable, data_damaged, port_taken,
// server_unreachable (another process serves and does not answer).
func (k *Keeper) Open(ctx context.Context) (url string, err error) {
	at, err := k.config.lan()
	if err != nil {
		return "", err
	}
	listen := net.JoinHostPort(at, strings.TrimPrefix(DefaultListen, "127.0.0.1:"))
	if host, _, err := net.SplitHostPort(k.wanted()); err == nil && host == at {
		listen = k.wanted()
	}
	if err := k.want(listen); err != nil {
		return "", err
	}
	return k.settled(ctx, func(url string) bool { return url != "" })
}

// Shut closes what Open opened; connections over it end.
func (k *Keeper) Shut(ctx context.Context) error {
	if err := os.Remove(filepath.Join(k.dir, openFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return unwritable(k.dir, err)
	}
	_, err := k.settled(ctx, func(url string) bool { return url == "" })
	return err
}

// Opened is the address in the network, "" while the server is not open. Where
// another process serves, it is what that one is to do.
func (k *Keeper) Opened() string {
	k.mu.Lock()
	own, opened := k.own, k.opened
	k.mu.Unlock()
	if want := k.wanted(); own == nil && want != "" {
		return "https://" + want
	}
	return opened
}

// settled waits until whoever serves has done what the file asks for.
func (k *Keeper) settled(ctx context.Context, done func(url string) bool) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for {
		if k.Serving() {
			k.adjust(ctx, false)
			k.mu.Lock()
			url, failed := k.opened, k.shutBy
			k.mu.Unlock()
			if failed != nil {
				return "", failed
			}
			return url, nil
		}
		if url, err := elsewhere(ctx, address(k.dir)); err == nil && done(url) {
			return url, nil
		}
		select {
		case <-ctx.Done():
			return "", protocol.Errorf(protocol.CodeNoServer, "The p4p that runs this home's server does not answer: try again, or end it first.")
		case <-time.After(k.config.Every):
		}
	}
}

// adjust opens or shuts the encrypted port as the file says. With look it also
// follows this machine into another network.
func (k *Keeper) adjust(ctx context.Context, look bool) {
	k.adjusting.Lock()
	defer k.adjusting.Unlock()
	k.mu.Lock()
	own, opened := k.own, k.opened
	k.mu.Unlock()
	want := k.wanted()
	switch {
	case own == nil:
		return
	case want == "":
		if opened != "" {
			own.CloseDoor()
			k.setOpened("", nil)
		}
		return
	case opened != "" && !look:
		return
	}
	host, port, err := net.SplitHostPort(want)
	if err != nil {
		host, port = "", strings.TrimPrefix(DefaultListen, "127.0.0.1:")
	}
	at, err := k.config.lan()
	if err != nil || opened != "" && at == host {
		if err != nil && opened == "" {
			k.setOpened("", err)
		}
		return
	}
	url, err := k.openOn(ctx, own, net.JoinHostPort(at, port))
	if portTaken(err) {
		url, err = k.openOn(ctx, own, net.JoinHostPort(at, "0"))
	}
	if err != nil {
		k.config.Log.Warn("the server cannot be opened to the network", "code", protocol.CodeOf(err))
	}
	k.setOpened(url, err)
}

func (k *Keeper) openOn(ctx context.Context, own *server.Server, listen string) (string, error) {
	// It outlives the call that asked for it.
	reach, err := own.OpenDoor(context.WithoutCancel(ctx), server.Door{Listen: listen})
	if err != nil {
		return "", err
	}
	if err := k.want(strings.TrimPrefix(reach.URL, "https://")); err != nil {
		own.CloseDoor()
		return "", err
	}
	return reach.URL, nil
}

func (k *Keeper) setOpened(url string, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.opened, k.shutBy = url, err
}

// wanted is the address that the server is to be open at, "" for not at all.
func (k *Keeper) wanted() string {
	b, err := os.ReadFile(filepath.Join(k.dir, openFile))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

func (k *Keeper) want(listen string) error {
	if k.wanted() == listen {
		return nil
	}
	tmp := filepath.Join(k.dir, openFile+".new")
	if err := os.WriteFile(tmp, []byte(listen+"\n"), 0o600); err != nil {
		return unwritable(k.dir, err)
	}
	if err := os.Rename(tmp, filepath.Join(k.dir, openFile)); err != nil {
		return unwritable(k.dir, err)
	}
	return nil
}

func unwritable(dir string, err error) error {
	return protocol.Errorf(protocol.CodeHomeUnwritable, "Cannot write to the folder %s: check its permissions and the free space.", dir).Because(err)
}

// elsewhere asks the process that serves how others reach it.
func elsewhere(ctx context.Context, at string) (url string, err error) {
	if at == "" {
		return "", errors.New("nobody serves")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at+"/v1/info", nil)
	if err != nil {
		return "", err
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	var info protocol.Info
	err = json.NewDecoder(io.LimitReader(answer.Body, 64<<10)).Decode(&info)
	return info.PublicURL, err
}

// ownAddress is where this machine is in its network.
func (c Config) ownAddress() (string, error) {
	find := lan.Address
	if c.LAN != "" {
		find = func() (netip.Addr, error) { return lan.Named(c.LAN) }
	}
	a, err := find()
	if err != nil {
		return "", err
	}
	return a.String(), nil
}
