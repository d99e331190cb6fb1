package client

import (
	"context"

	"p4p/localmap"
	"p4p/protocol"
)

// DraftPicture is the picture kept with the draft of a place, and what its file was
// called; nil where there is none. One that could not be sent counts as none.
func (c *Client) DraftPicture(ctx context.Context, where string) (*Picture, string, error) {
	kept, err := c.local.DraftPicture(ctx, where)
	if err != nil || kept.Bytes == nil {
		return nil, "", err
	}
	info, err := protocol.CheckPicture(kept.Bytes)
	if err != nil {
		return nil, "", nil //nolint:nilerr // a backup may hold anything
	}
	return &Picture{Bytes: kept.Bytes, Width: info.Width, Height: info.Height, Alt: kept.Alt}, kept.File, nil
}

// SaveDraftPicture keeps the picture of a draft, with what its file is called on this
// machine; nil forgets it.
func (c *Client) SaveDraftPicture(ctx context.Context, where string, p *Picture, file string) error {
	var keep localmap.DraftPicture
	if p != nil {
		keep = localmap.DraftPicture{Bytes: p.Bytes, Alt: p.Alt, File: file}
	}
	return c.local.SaveDraftPicture(ctx, where, keep)
}
