package client

import (
	"p4p/localmap"
	"p4p/protocol"
)

// isAnswer tells whether the mailbox itself answered, by success or by a code of
// the design's table; anything else may have happened before or behind it.
func isAnswer(err error) bool {
	switch protocol.CodeOf(err) {
	case "", protocol.CodeBadRequest, protocol.CodeUnknownFriendship, protocol.CodeExists, protocol.CodeNotAccepted,
		protocol.CodeAlreadyAccepted, protocol.CodeVersionConflict, protocol.CodeEnded, protocol.CodeRevoked, protocol.CodeExpired:
		return true
	}
	return false
}

// verdict is what an answer means for the step that was called for.
type verdict uint8

const (
	done   verdict = iota // the server did it, or there is nothing left to do
	kept                  // the server shows a state of another time: nothing changes, the call stays owed
	moved                 // the mailbox moved on meanwhile: look at it
	undone                // the step did not happen and never will: what it left is taken back
	denied                // the server will never do it; what the owner decided stands nevertheless
)

// judge is the verdict on the answer with this code to an owed call.
func judge(call localmap.Call, code protocol.Code) verdict {
	ending := call == localmap.CallEnd || call == localmap.CallRevoke
	switch code {
	case "":
		return done
	case protocol.CodeVersionConflict:
		return moved
	case protocol.CodeUnknownFriendship, protocol.CodeNotAccepted:
		if ending {
			return done
		}
		return kept // a mailbox that is merely missing ends nothing
	}
	switch call {
	case localmap.CallCreate:
		return undone
	case localmap.CallAccept:
		if code == protocol.CodeAlreadyAccepted {
			return moved // by somebody else, or by this device in a try whose answer was lost
		}
		return undone
	case localmap.CallConfirm:
		if code == protocol.CodeEnded {
			return moved
		}
		return denied
	}
	return done
}
