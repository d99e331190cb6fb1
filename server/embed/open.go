package embed

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"p4p/protocol"
	"p4p/server"
	"p4p/server/lan"
)

// openFile is in the data folder as long as the server is open to a network. It holds
// the address that its encrypted port had last, and a mark of that network.
const openFile = "open"

// lookEvery is after how many looks a serving process asks where in the network
// it is now: a laptop moves.
const lookEvery = 20

// Open opens the home's server to the network that this machine is in, with an
// encrypted port beside the plain one, and gives the address that others reach it
// by. It stays open in this network, at the next start too, until [Keeper.Shut]; in
// another one it is shut until Open is called there. What fails leaves all as it was.
// Codes: usage (no private network), home_unwritable, data_damaged, port_taken,
// server_unreachable (another process serves and does not answer),
// unavailable (the network, or what is asked for, has just changed; another process
// serves, and has another P4P_LAN).
func (k *Keeper) Open(ctx context.Context) (url string, err error) {
	at, err := k.config.lan()
	if err != nil {
		return "", err
	}
	if err := k.disagrees(ctx, at); err != nil {
		return "", err
	}
	w, before, err := k.ask(at)
	if err != nil {
		return "", err
	}
	if url, err = k.settled(ctx, func(url string) bool { return hostOf(url) == at.addr }); err != nil {
		if failed := k.takeBack(w, before); failed != nil {
			k.config.Log.Warn("what was asked for before cannot be kept", "code", protocol.CodeOf(failed))
		}
		return "", err
	}
	return url, nil
}

// ask has the file ask for the server to be open at a place.
func (k *Keeper) ask(at place) (w, before wish, err error) {
	k.adjusting.Lock() // or what is just being opened would write the file too
	defer k.adjusting.Unlock()
	w = wish{listen: net.JoinHostPort(at.addr, strings.TrimPrefix(DefaultListen, "127.0.0.1:")), network: k.marks.of(at.network)}
	before = k.wanted()
	if host, _, err := net.SplitHostPort(before.listen); err == nil && host == at.addr {
		w.listen = before.listen
	}
	if k.marks.is(before.network, at.network) == same {
		w.network = before.network
	}
	return w, before, k.want(w)
}

// disagrees tells that another process has the server open at another address of this
// machine. The file would only shut it there: that process knows no other address.
func (k *Keeper) disagrees(ctx context.Context, at place) error {
	if k.Serving() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, k.config.wait)
	defer cancel()
	open, err := elsewhere(ctx, address(k.dir))
	if err != nil || hostOf(open) == at.addr {
		return nil
	}
	if a, err := netip.ParseAddr(hostOf(open)); err != nil || lan.NetworkOf(a) == (lan.Network{}) {
		return nil // it is not open, or this machine has just moved, and that one will see it
	}
	return protocol.Errorf(protocol.CodeUnavailable, "Another p4p of yours runs this home's server, and has it open at %s: start both with the same P4P_LAN, or both without.", open)
}

// takeBack has the file ask again for what it asked for before, unless somebody else
// has written it meanwhile.
func (k *Keeper) takeBack(w, before wish) error {
	k.adjusting.Lock()
	defer k.adjusting.Unlock()
	switch {
	case k.wanted().network != w.network:
		return nil
	case before.listen == "":
		if err := os.Remove(filepath.Join(k.dir, openFile)); err != nil {
			return unwritable(k.dir, err)
		}
		return nil
	}
	return k.want(before)
}

// Shut closes what Open opened; connections over it end.
func (k *Keeper) Shut(ctx context.Context) error {
	k.adjusting.Lock() // or what is just being opened would write the file again
	err := os.Remove(filepath.Join(k.dir, openFile))
	k.adjusting.Unlock()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return unwritable(k.dir, err)
	}
	_, err = k.settled(ctx, func(url string) bool { return url == "" })
	return err
}

// Opened is the address in the network, "" while the server is not open. Where
// another process serves, it is what that one is to do.
func (k *Keeper) Opened() string {
	k.mu.Lock()
	own, opened, away := k.own, k.opened, k.away
	k.mu.Unlock()
	if own != nil {
		return opened
	}
	if w := k.wanted(); w.listen != "" && w != away {
		return "https://" + w.listen
	}
	return ""
}

// Away tells whether the server was opened to another network than this one, and so
// is shut here. See [Keeper.Unsure].
func (k *Keeper) Away() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.away != wish{}
}

// Unsure tells that Away is said to be safe: it may be this network, as its gateway
// does not answer, or did not when it was marked.
func (k *Keeper) Unsure() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.unsure
}

// settled waits until whoever serves has done what the file asks for.
func (k *Keeper) settled(ctx context.Context, done func(url string) bool) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, k.config.wait)
	defer cancel()
	answered := false
	for {
		if k.Serving() {
			k.adjust(ctx, true)
			k.mu.Lock()
			url, failed := k.opened, k.shutBy
			k.mu.Unlock()
			if failed != nil || done(url) {
				return url, failed
			}
		} else if url, err := elsewhere(ctx, address(k.dir)); err == nil {
			if done(url) {
				k.adjusting.Lock()
				_, _ = k.judge(url != "") // without a network all stays as it was
				k.adjusting.Unlock()
				return url, nil
			}
			answered = true
		}
		select {
		case <-ctx.Done():
			if k.Serving() {
				return "", protocol.Errorf(protocol.CodeUnavailable, "This computer has just changed its network, or another p4p of yours opens or closes it too: try again.")
			}
			if answered {
				return "", protocol.Errorf(protocol.CodeUnavailable, "Another p4p of yours runs this home's server and does not follow: do it there, or start both with the same P4P_LAN, or both without.")
			}
			return "", protocol.Errorf(protocol.CodeNoServer, "The p4p that runs this home's server does not answer: try again, or end it first.")
		case <-time.After(k.config.Every):
		}
	}
}

// A view is where this machine is, what the file asks for, and whether it asks for it
// there.
type view struct {
	at   place
	wish wish
	here bool
}

// patience is for how many more looks the gateway that a mark needs may be silent, or
// not be in it yet: a system may take seconds to hear of it.
type patience struct {
	salt string // of the mark
	left int
}

// start has none with the weak mark of an earlier run: since then the machine may have
// been carried anywhere.
func (p *patience) start(m mark) {
	*p = patience{m.salt, lookEvery}
	if m.weak() {
		p.left = 0
	}
}

// look tells whether there is patience left with a mark.
func (p *patience) look(m mark) bool {
	if p.salt != m.salt { // somebody has just made it
		*p = patience{m.salt, lookEvery}
	}
	p.left = max(p.left-1, 0)
	return p.left > 0
}

// judge looks around, with k.adjusting held. open: so far the server was open here.
func (k *Keeper) judge(open bool) (v view, err error) {
	if v.wish = k.wanted(); v.wish.listen != "" {
		if v.at, err = k.config.lan(); err != nil {
			return v, err
		}
		v.wish = k.wanted() // that took its time
	}
	if v.wish.listen == "" {
		k.setAway(wish{}, false)
		return v, nil
	}
	patient := k.patience.look(v.wish.network)
	is := k.marks.is(v.wish.network, v.at.network)
	switch is {
	case same:
		v.here = true
	case unsure:
		// A gateway that is silent now is no other one. One that was silent when the key was
		// pressed, and answers soon, is that of the network where it was pressed.
		if v.here = open; v.wish.network.weak() {
			v.here = patient
		}
	}
	if v.here {
		k.setAway(wish{}, false)
	} else {
		k.setAway(v.wish, is == unsure)
	}
	return v, nil
}

// adjust opens or shuts the encrypted port as the file says. With look it also
// follows this machine: to another address in the same network, and out of it.
func (k *Keeper) adjust(ctx context.Context, look bool) {
	byAnother := k.openByAnother(ctx)
	k.adjusting.Lock()
	defer k.adjusting.Unlock()
	k.mu.Lock()
	own, opened, away, unsure := k.own, k.opened, k.away, k.unsure
	k.mu.Unlock()
	w := k.wanted()
	soon := (unsure || opened != "" && w.network.weak()) && k.patience.left > 0
	if !look && !soon && w.listen != "" && (opened == "https://"+w.listen || w == away) {
		return
	}
	v, err := k.judge(opened != "" || own == nil && byAnother)
	switch {
	case own == nil:
		return
	case err == nil && !v.here:
		if opened != "" {
			own.CloseDoor()
		}
		k.setOpened("", nil)
		return
	case err != nil:
		if opened == "" {
			k.setOpened("", err)
		}
		return
	}
	if host, port, err := net.SplitHostPort(v.wish.listen); opened != "https://"+v.wish.listen || host != v.at.addr {
		if err != nil {
			port = strings.TrimPrefix(DefaultListen, "127.0.0.1:")
		}
		url, err := k.openOn(ctx, own, v.wish, net.JoinHostPort(v.at.addr, port))
		if portTaken(err) {
			url, err = k.openOn(ctx, own, v.wish, net.JoinHostPort(v.at.addr, "0"))
		}
		if errors.Is(err, errChanged) {
			k.setOpened("", nil) // the next look follows it
			return
		}
		if k.setOpened(url, err); err != nil {
			k.config.Log.Warn("the server cannot be opened to the network", "code", protocol.CodeOf(err))
			return
		}
		v.wish.listen = strings.TrimPrefix(url, "https://")
	}
	if v.wish.network.weak() && v.at.network.Gateway != "" {
		if err := k.replace(v.wish, wish{v.wish.listen, k.marks.of(v.at.network)}); err != nil {
			k.config.Log.Warn("the network of the open server cannot be kept", "code", protocol.CodeOf(err))
		}
	}
}

// openByAnother tells whether another process serves and has the server open as the file
// says: a gateway that is silent shuts it no more here than there.
func (k *Keeper) openByAnother(ctx context.Context) bool {
	w := k.wanted()
	if w.listen == "" || k.Serving() {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, k.config.wait)
	defer cancel()
	url, err := elsewhere(ctx, address(k.dir))
	return err == nil && url == "https://"+w.listen
}

func (k *Keeper) openOn(ctx context.Context, own *server.Server, asked wish, listen string) (string, error) {
	// It outlives the call that asked for it.
	reach, err := own.OpenDoor(context.WithoutCancel(ctx), server.Door{Listen: listen})
	if protocol.CodeOf(err) == protocol.CodeUsage { // it speaks of a flag of p4p serve
		err = protocol.Errorf(protocol.CodeUsage, "Cannot open your server at %s: start with P4P_LAN=ADDRESS for another of this computer's addresses.", listen).Because(err)
	}
	if err != nil {
		return "", err
	}
	if err := k.replace(asked, wish{strings.TrimPrefix(reach.URL, "https://"), asked.network}); err != nil {
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

func (k *Keeper) setAway(w wish, unsure bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.away, k.unsure = w, unsure
}

// wish is what the file asks for: the address that the server is to be open at, "" for
// not at all, and the network.
type wish struct {
	listen  string
	network mark
}

func (k *Keeper) wanted() wish {
	b, err := os.ReadFile(filepath.Join(k.dir, openFile))
	if err != nil {
		return wish{}
	}
	listen, network, _ := strings.Cut(strings.TrimSpace(string(b)), "\n")
	return wish{strings.TrimSpace(listen), parseMark(network)}
}

// want writes a wish whole or not at all, whoever else of this home writes one.
func (k *Keeper) want(w wish) error {
	if k.wanted() == w {
		return nil
	}
	tmp, err := os.CreateTemp(k.dir, "."+openFile+"-*") // 0600
	if err != nil {
		return unwritable(k.dir, err)
	}
	_, err = tmp.WriteString(w.listen + "\n" + w.network.String() + "\n")
	err = cmp.Or(err, tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), filepath.Join(k.dir, openFile))
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
		return unwritable(k.dir, err)
	}
	return nil
}

// errChanged tells that somebody asked for something else meanwhile.
var errChanged = protocol.Errorf(protocol.CodeUnavailable, "Another p4p of yours opens or closes this computer too: try again.")

// replace writes a wish anew, where it still is what it was.
func (k *Keeper) replace(old, w wish) error {
	if k.wanted() != old {
		return errChanged
	}
	return k.want(w)
}

func unwritable(dir string, err error) error {
	return protocol.Errorf(protocol.CodeHomeUnwritable, "Cannot write to the folder %s: check its permissions and the free space.", dir).Because(err)
}

// hostOf is the host of a server's address, "" for none.
func hostOf(at string) string {
	u, err := url.Parse(at)
	if err != nil {
		return ""
	}
	return u.Hostname()
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

// where is where this machine is in its network.
func (c Config) where() (place, error) {
	find := lan.Address
	if c.LAN != "" {
		find = func() (netip.Addr, error) { return lan.Named(c.LAN) }
	}
	a, err := find()
	if err != nil {
		return place{}, err
	}
	return place{a.String(), lan.NetworkOf(a)}, nil
}
