package e2e

import (
	"bytes"
	"context"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"p4p/client"
	"p4p/protocol"
	"p4p/server"
)

// webServer is a server for pages, on a port of its own.
func webServer(t *testing.T) *server.Server {
	t.Helper()
	s, err := server.Start(t.Context(), server.Config{Data: t.TempDir(), Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { endServer(t, s) })
	return s
}

func endServer(t *testing.T, s *server.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		t.Errorf("the server does not end: %v", err)
	}
}

// peer is the other side of a page: a client as the terminal app has it,
// connected.
type peer struct {
	*client.Client
	t *testing.T
}

func newPeer(t *testing.T, url string) *peer {
	t.Helper()
	c, err := client.Open(t.Context(), client.Options{Home: t.TempDir(), Server: url})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- c.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ran; err != nil {
			t.Errorf("the terminal's client: %v", err)
		}
		if err := c.Close(); err != nil {
			t.Errorf("the terminal's client does not close: %v", err)
		}
	})
	return &peer{c, t}
}

func (c *peer) invites(name string) client.Invite {
	c.t.Helper()
	i, err := c.Invite(c.t.Context(), name, protocol.DefaultExpiry)
	if err != nil {
		c.t.Fatal(err)
	}
	return i
}

// posts posts, and waits until the server has it: a client that is not online yet sends it later.
func (c *peer) posts(text string) protocol.UUID {
	c.t.Helper()
	sent, err := c.Post(c.t.Context(), text, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	if sent.Seq == nil {
		c.sees(func(i client.Item) bool { return i.ID == sent.ID && i.Pending == nil })
	}
	return sent.ID
}

// sees waits for a post and gives it.
func (c *peer) sees(wanted func(client.Item) bool) client.Item {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	changes := c.Changes()
	for {
		items, err := c.Timeline(ctx, client.Query{Limit: 100})
		if err != nil {
			c.t.Fatal(err)
		}
		for _, i := range items {
			if wanted(i) {
				return i
			}
		}
		if _, err := changes.Next(ctx); err != nil {
			c.t.Fatalf("the terminal waited in vain: %v; its feed: %+v", err, items)
		}
	}
}

// becomes waits until a friendship is in a state and gives it.
func (c *peer) becomes(f protocol.UUID, state client.FriendState) client.Friendship {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	changes := c.Changes()
	for {
		found, err := c.Find(ctx, f.String())
		if err == nil && found.State == state {
			return found
		}
		if _, err := changes.Next(ctx); err != nil {
			c.t.Fatalf("the terminal's friendship does not become %s: %v; it is %+v", state, err, found)
		}
	}
}

// photo is the file of a camera: a JPEG larger than P4P posts them, with a place
// in its EXIF segment and a comment.
func photo(t *testing.T, place string) string {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 2400, 1200))
	for y := range 1200 {
		for x := range 2400 {
			img.Set(x, y, color.RGBA{uint8(x / 10), uint8(y / 5), 160, 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	segment := func(marker byte, body string) []byte {
		s := binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(body)+2))
		return append(s, body...)
	}
	file := append([]byte{0xff, 0xd8}, segment(0xe1, "Exif\x00\x00"+place)...)
	file = append(append(file, segment(0xfe, place)...), b.Bytes()[2:]...)
	name := filepath.Join(t.TempDir(), "IMG_0001.jpg")
	if err := os.WriteFile(name, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// insecurely is a page of the server by an address to which a browser grants no
// secure context: a name that leads to this machine, and says so to nobody.
func insecurely(t *testing.T, s *server.Server) string {
	t.Helper()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Host = strings.TrimPrefix(s.URL(), "http://")
		httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: r.Host}).ServeHTTP(w, r)
	}))
	t.Cleanup(proxy.Close)
	return strings.Replace(proxy.URL, "127.0.0.1", insecureName, 1) + "/f/01837f64-4057-8650-972f-eae1b4479ad4#AAAAAAAAAAAAAAAAAAAAAAAAAA"
}
