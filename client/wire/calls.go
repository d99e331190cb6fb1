package wire

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"p4p/protocol"
)

// Info asks who the server is. What answers with anything else is foreign_server.
func (c *Client) Info(ctx context.Context) (protocol.Info, error) {
	var i protocol.Info
	err := c.do(ctx, call{method: http.MethodGet, path: "/v1/info"}, &i)
	switch {
	case err != nil && protocol.CodeOf(err) == protocol.CodeNotFound:
		return i, c.foreign(err)
	case err != nil:
		return i, err
	case i.Server.IsZero() || i.Epoch.IsZero():
		return i, c.foreign(errors.New("/v1/info names no server"))
	case i.Seq > maxSeq:
		return i, c.foreign(errSeq)
	}
	return i, nil
}

// PostRecords sends records, at most [protocol.MaxBatch] and [protocol.MaxBody]
// bytes. The results are in the order of the records; each is taken or refused
// on its own. To send the same records again is harmless.
func (c *Client) PostRecords(ctx context.Context, jws []string) ([]protocol.RecordResult, error) {
	var a protocol.PostedRecords
	err := c.do(ctx, call{method: http.MethodPost, path: "/v1/records", body: protocol.PostRecords{Records: jws}}, &a)
	if err != nil {
		return nil, err
	}
	if len(a.Results) != len(jws) {
		return nil, c.foreign(errors.New("results do not match the records"))
	}
	for i, r := range a.Results {
		a.Results[i].Error = Clean(r.Error)
		if (a.Results[i].Error == nil) != (r.Seq != 0) || r.Error == nil && r.ID != protocol.RecordUUID(jws[i]) {
			return nil, c.foreign(errors.New("a result is about another record"))
		}
		if r.Seq > maxSeq {
			return nil, c.foreign(errSeq)
		}
	}
	return a.Results, nil
}

// Page asks for records, newest first.
type Page struct {
	Before uint64 // records with a lower seq; 0 for the newest
	Limit  int    // at most protocol.MaxPage; the server's default when 0
	Kind   protocol.Kind
	Author *protocol.UUID
	Target *protocol.UUID
	Words  string
}

// Records reads a page. The events are as the server tells them, not verified; but
// they are in order below Before, and so is the next page, or it is foreign_server.
func (c *Client) Records(ctx context.Context, p Page) (protocol.RecordsPage, error) {
	q := url.Values{}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	if p.Before > 0 {
		q.Set("before", strconv.FormatUint(p.Before, 10))
	}
	if p.Limit > 0 {
		q.Set("limit", strconv.Itoa(p.Limit))
	}
	set("kind", string(p.Kind))
	if p.Author != nil {
		q.Set("author", p.Author.String())
	}
	if p.Target != nil {
		q.Set("target", p.Target.String())
	}
	set("q", p.Words)
	var a protocol.RecordsPage
	err := c.do(ctx, call{method: http.MethodGet, path: "/v1/records", query: q, limit: maxPageAnswer}, &a)
	if err == nil {
		if bad := checkPage(a, p.Before); bad != nil {
			err = c.foreign(bad)
		}
	}
	return a, err
}

// Record reads one record: unknown_record, deleted. It is not verified.
func (c *Client) Record(ctx context.Context, id protocol.UUID) (protocol.RecordView, error) {
	var v protocol.RecordView
	err := c.do(ctx, call{method: http.MethodGet, path: "/v1/records/" + id.String()}, &v)
	if err == nil && v.Event.Seq > maxSeq {
		err = c.foreign(errSeq)
	}
	return v, err
}

// PutBlob sends a picture. It may be sent again.
func (c *Client) PutBlob(ctx context.Context, b []byte) error {
	path := "/v1/blobs/" + protocol.BlobOf(b).String()
	return c.do(ctx, call{method: http.MethodPut, path: path, body: b, time: pictureTime}, nil)
}

// GetBlob reads a picture of at most [protocol.MaxPicture] bytes: unknown_blob.
// Bytes that are not the ones named are foreign_server; what they hold is not
// checked beyond that.
func (c *Client) GetBlob(ctx context.Context, id protocol.BlobID) ([]byte, error) {
	var b []byte
	k := call{method: http.MethodGet, path: "/v1/blobs/" + id.String(), limit: protocol.MaxPicture, time: pictureTime}
	if err := c.do(ctx, k, &b); err != nil {
		return nil, err
	}
	if protocol.BlobOf(b) != id {
		return nil, c.foreign(errors.New("a picture's bytes are not the ones named"))
	}
	return b, nil
}
