package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"p4p/protocol"
)

const (
	userAgent   = "p4p/1"
	dialTime    = 5 * time.Second
	callTime    = 20 * time.Second // a whole call without a picture
	pictureTime = 2 * time.Minute  // a whole call with a picture

	// The longest answers: a page of the longest records, and everything else.
	maxPageAnswer = protocol.MaxPage*protocol.MaxRecord + 1<<20
	maxAnswer     = 1 << 20
	maxRefusal    = 16 << 10
)

// Client makes calls to one server. It is safe for concurrent use.
type Client struct {
	base  string // scheme://host[:port]
	http  *http.Client
	dial  dialer
	clock atomic.Pointer[told]
}

// New prepares calls to the server at base, which has the form of
// [protocol.Link].Server; nothing is sent yet. With a pin the server must show a
// certificate with that key, and needs no other proof. The error has the code
// bad_link or insecure_link.
func New(base string, pin *protocol.Pin) (*Client, error) {
	base, err := protocol.ParseServerURL(base)
	if err != nil {
		return nil, err
	}
	tlsConfig := tlsFor(pin)
	net := &net.Dialer{Timeout: dialTime}
	if strings.HasPrefix(base, "http://") {
		net.Control = onlyLoopback
	}
	transport := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment, // never for this machine itself
		DialContext:            net.DialContext,
		TLSClientConfig:        tlsConfig,
		TLSHandshakeTimeout:    dialTime,
		ResponseHeaderTimeout:  callTime,
		MaxResponseHeaderBytes: 64 << 10,
		MaxIdleConnsPerHost:    4,
		IdleConnTimeout:        time.Minute,
	}
	return &Client{
		base: base,
		http: &http.Client{
			Transport:     transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		dial: dialer{tls: tlsConfig, net: net},
	}, nil
}

// URL is the server's base address.
func (c *Client) URL() string { return c.base }

// Close drops idle connections. Calls under way are not touched.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// call is one HTTP call, as the methods describe it.
type call struct {
	method, path string
	query        url.Values
	token        *protocol.Token
	body         any           // JSON, or a []byte as it is
	limit        int64         // of the answer, in bytes; maxAnswer when 0
	time         time.Duration // of the whole call; callTime when 0
}

// do makes a call and reads its JSON answer into out, or its bytes if out is a
// *[]byte. A nil out takes no answer.
func (c *Client) do(ctx context.Context, k call, out any) error {
	if k.time == 0 {
		k.time = callTime
	}
	if k.limit == 0 {
		k.limit = maxAnswer
	}
	limited, cancel := context.WithTimeout(ctx, k.time)
	defer cancel()
	req, err := c.request(limited, k)
	if err != nil {
		return err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return c.unreachable(ctx, err)
	}
	defer resp.Body.Close()
	c.hear(resp.Header)
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		b, _ := read(resp.Body, maxRefusal) // what cannot be read is judged by its status
		return c.refusal(resp.StatusCode, resp.Header, b)
	}
	b, err := read(resp.Body, k.limit)
	switch {
	case errors.Is(err, errTooLong):
		return c.foreign(err)
	case err != nil:
		return c.unreachable(ctx, err)
	}
	switch out := out.(type) {
	case nil:
		return nil
	case *[]byte:
		*out = b
		return nil
	}
	if err := json.Unmarshal(b, out); err != nil {
		return c.foreign(err)
	}
	return nil
}

func (c *Client) request(ctx context.Context, k call) (*http.Request, error) {
	address := c.base + k.path
	if len(k.query) > 0 {
		address += "?" + k.query.Encode()
	}
	var body io.Reader
	kind := ""
	switch b := k.body.(type) {
	case nil:
	case []byte:
		body, kind = bytes.NewReader(b), "application/octet-stream"
	default:
		j, err := json.Marshal(b)
		if err != nil {
			return nil, err
		}
		body, kind = bytes.NewReader(j), "application/json"
	}
	req, err := http.NewRequestWithContext(ctx, k.method, address, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", userAgent)
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if k.token != nil {
		req.Header.Set("Authorization", k.token.Authorization())
	}
	return req, nil
}

var errTooLong = errors.New("the answer is longer than any of P4P")

func read(r io.Reader, limit int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = errTooLong
	}
	return b, err
}
