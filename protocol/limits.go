package protocol

import "time"

// Limits of version 1, in bytes unless the name says otherwise. A server
// publishes them in /v1/info and checks them before it decodes anything.
const (
	MaxText          = 4000      // a post's or comment's text, UTF-8
	MaxAlt           = 1000      // a picture's description, UTF-8
	MaxReason        = 1000      // a report's text, UTF-8
	MaxRecord        = 48 << 10  // one compact JWS
	MaxBatch         = 100       // records in one POST /v1/records
	MaxBody          = 1 << 20   // a JSON request body
	MaxFrame         = 1 << 20   // one websocket message from the server
	MaxClientFrame   = 128 << 10 // one websocket message from a client
	MaxWatches       = 1000      // mailboxes watched on one stream
	MaxPage          = 200       // records on one page
	MaxQuery         = 200       // a search's words, UTF-8
	MaxPicture       = 4 << 20   // a picture as uploaded
	MaxPicturePixels = 16 << 20  // width times height of an uploaded picture
	MaxPictureSide   = 8192      // the longer side of an uploaded picture, in pixels
	MaxSteps         = 21        // rotations that one slot can carry

	MaxClockAhead  = 5 * time.Minute     // how far created_at may lie ahead of the server
	DefaultExpiry  = 7 * 24 * time.Hour  // of an invite
	MaxExpiry      = 90 * 24 * time.Hour // of an invite
	MinExpiry      = time.Minute         // of an invite
	BlobGrace      = time.Hour           // an unnamed blob is kept this long
	ClosedKept     = 30 * 24 * time.Hour // revoked and expired mailboxes
	EndedKept      = 400 * 24 * time.Hour
	ErasedWithin   = time.Minute // from a deletion until its text is in no file
	StreamPing     = 30 * time.Second
	StreamDeadline = 20 * time.Second // a write that takes longer ends the connection
)

// Limits is what /v1/info publishes.
type Limits struct {
	TextBytes     int `json:"text_bytes"`
	AltBytes      int `json:"alt_bytes"`
	RecordBytes   int `json:"record_bytes"`
	BatchRecords  int `json:"batch_records"`
	BodyBytes     int `json:"body_bytes"`
	FrameBytes    int `json:"frame_bytes"`
	Watches       int `json:"watches"`
	PageRecords   int `json:"page_records"`
	PictureBytes  int `json:"picture_bytes"`
	PicturePixels int `json:"picture_pixels"`
	PictureSide   int `json:"picture_side"`
	ExpirySeconds int `json:"expiry_seconds"`
}

// CurrentLimits are the limits of this version.
func CurrentLimits() Limits {
	return Limits{
		TextBytes: MaxText, AltBytes: MaxAlt, RecordBytes: MaxRecord, BatchRecords: MaxBatch,
		BodyBytes: MaxBody, FrameBytes: MaxFrame, Watches: MaxWatches, PageRecords: MaxPage,
		PictureBytes: MaxPicture, PicturePixels: MaxPicturePixels, PictureSide: MaxPictureSide,
		ExpirySeconds: int(MaxExpiry / time.Second),
	}
}
