package client

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"p4p/protocol"
)

// settingPosition is where the person was. It is in the local map, not beside the cache:
// of a locked profile nothing of it is to be read on the disk.
const settingPosition = "position"

// Position is where a person was when they left the app.
type Position struct {
	View  View
	Spots map[View]Spot // of the views that were not at the top
}

// Spot is a place in a view: a post, never a row number.
type Spot struct {
	Post  protocol.UUID `json:"post"`
	Epoch protocol.UUID `json:"epoch"`
	Seq   uint64        `json:"seq"`   // 0 for one that waited in the outbox
	Shown uint64        `json:"shown"` // the newest seq that was shown: what is above came later
	Row   int           `json:"row"`   // of the window, where the post began
}

type storedPosition struct {
	View  View          `json:"view"`
	Spots map[View]Spot `json:"spots,omitempty"`
}

// Position is what [Client.KeepPosition] kept last; the zero Position, which is the
// top of everyone's posts, if it kept nothing that can be read.
func (c *Client) Position(ctx context.Context) Position {
	var s storedPosition
	text, err := c.local.Setting(ctx, settingPosition)
	c.warn(ctx, "the place in the feed cannot be read", err)
	if text == "" || json.Unmarshal([]byte(text), &s) != nil {
		return Position{}
	}
	return Position(s)
}

// KeepPosition keeps where the person is, for the next start.
func (c *Client) KeepPosition(ctx context.Context, p Position) error {
	text, err := json.Marshal(storedPosition(p))
	if err != nil {
		return err
	}
	return c.local.SetSetting(ctx, settingPosition, string(text))
}

// viewNames are the names by which views are stored.
var viewNames = []string{Everyone: "everyone", Friends: "friends", Mine: "mine", Replies: "replies"}

// MarshalText gives the name by which the view is stored.
func (v View) MarshalText() ([]byte, error) {
	if int(v) >= len(viewNames) {
		return nil, fmt.Errorf("there is no view %d", v)
	}
	return []byte(viewNames[v]), nil
}

// UnmarshalText reads what MarshalText gave.
func (v *View) UnmarshalText(text []byte) error {
	i := slices.Index(viewNames, string(text))
	if i < 0 {
		return fmt.Errorf("there is no view %q", text)
	}
	*v = View(i)
	return nil
}
