package client

import (
	"testing"

	"p4p/localmap"
	"p4p/protocol"
)

// What each answer of the design's table means for each owed call.
func TestEveryAnswerToAnOwedCallHasItsMeaning(t *testing.T) {
	const (
		create  = localmap.CallCreate
		accept  = localmap.CallAccept
		confirm = localmap.CallConfirm
		end     = localmap.CallEnd
		revoke  = localmap.CallRevoke
	)
	for code, want := range map[protocol.Code]map[localmap.Call]verdict{
		"":                             {create: done, accept: done, confirm: done, end: done, revoke: done},
		protocol.CodeBadRequest:        {create: undone, accept: undone, confirm: denied, end: done, revoke: done},
		protocol.CodeUnknownFriendship: {create: kept, accept: kept, confirm: kept, end: done, revoke: done},
		protocol.CodeExists:            {create: undone},
		protocol.CodeNotAccepted:       {confirm: kept},
		protocol.CodeAlreadyAccepted:   {accept: moved},
		protocol.CodeVersionConflict:   {confirm: moved, end: moved, revoke: moved},
		protocol.CodeEnded:             {confirm: moved},
		protocol.CodeRevoked:           {accept: undone, confirm: denied},
		protocol.CodeExpired:           {accept: undone, confirm: denied},
	} {
		if code != "" && !isAnswer(protocol.Errorf(code, "No.")) {
			t.Errorf("%s is not taken for the mailbox's answer", code)
		}
		for call, want := range want {
			if got := judge(call, code); got != want {
				t.Errorf("%s, %s: %d, want %d", call, code, got, want)
			}
		}
	}
	for _, code := range []protocol.Code{
		protocol.CodeNoServer, protocol.CodeForeignServer, protocol.CodeRateLimited, protocol.CodeUnavailable,
		protocol.CodeInternal, protocol.CodeOtherServer, protocol.CodePinMismatch, protocol.CodeForbiddenOrigin,
	} {
		if isAnswer(protocol.Errorf(code, "No.")) {
			t.Errorf("%s is taken for the mailbox's answer", code)
		}
	}
}
