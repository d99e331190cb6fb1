package protocol

import (
	"errors"
	"fmt"
	"net/http"
)

// Code is a stable name for machines: scripts, other clients and tests rely on it.
type Code string

// Codes that a server answers. Their HTTP statuses are in [Code.Status], and
// docs/protocol.md says when each occurs.
const (
	CodeBadRequest        Code = "bad_request"
	CodeNotFound          Code = "not_found"
	CodeMethodNotAllowed  Code = "method_not_allowed"
	CodeForbiddenOrigin   Code = "forbidden_origin"
	CodeTooLarge          Code = "too_large"
	CodeRateLimited       Code = "rate_limited"
	CodeUnavailable       Code = "unavailable"
	CodeInternal          Code = "internal"
	CodeCursorUnknown     Code = "cursor_unknown"
	CodeBadRecord         Code = "bad_record"
	CodeBadSignature      Code = "bad_signature"
	CodeBadKey            Code = "bad_key"
	CodeUnknownKind       Code = "unknown_kind"
	CodeWrongServer       Code = "wrong_server"
	CodeBadText           Code = "bad_text"
	CodeEmptyText         Code = "empty_text"
	CodeClockAhead        Code = "clock_ahead"
	CodeRecordConflict    Code = "record_conflict"
	CodeUnknownRecord     Code = "unknown_record"
	CodeUnknownTarget     Code = "unknown_target"
	CodeBadTarget         Code = "bad_target"
	CodeNotAuthor         Code = "not_author"
	CodeDeleted           Code = "deleted"
	CodeBlobMissing       Code = "blob_missing"
	CodeUnknownBlob       Code = "unknown_blob"
	CodeBadPicture        Code = "bad_picture"
	CodeUnknownFriendship Code = "unknown_friendship"
	CodeExists            Code = "exists"
	CodeNotAccepted       Code = "not_accepted"
	CodeAlreadyAccepted   Code = "already_accepted"
	CodeVersionConflict   Code = "version_conflict"
	CodeEnded             Code = "ended"
	CodeRevoked           Code = "revoked"
	CodeExpired           Code = "expired"
)

// Codes that only a client says: about links, sealed slots and its own files.
const (
	CodeBadLink          Code = "bad_link"
	CodeLinkIncomplete   Code = "link_incomplete"
	CodeNotAnInvite      Code = "not_an_invite"
	CodeInsecureLink     Code = "insecure_link"
	CodeForgedInvite     Code = "forged_invite"
	CodeOwnInvite        Code = "own_invite"
	CodeSlotUnopenable   Code = "slot_unopenable"
	CodeRollback         Code = "rollback"
	CodeBrokenSuccession Code = "broken_succession"
	CodeChainFull        Code = "chain_full"
	CodePinMismatch      Code = "pin_mismatch"
	CodeUntrusted        Code = "untrusted_certificate"
	CodeNoServer         Code = "server_unreachable"
	CodeForeignServer    Code = "foreign_server"
	CodeOtherServer      Code = "other_server"
	CodeNameTaken        Code = "name_taken"
	CodeLooksLike        Code = "looks_like"
	CodeBadName          Code = "bad_name"
	CodeUnknownName      Code = "unknown_name"
	CodeAmbiguous        Code = "ambiguous"
	CodeWrongState       Code = "wrong_state"
	CodeSafetyMismatch   Code = "safety_mismatch"
	CodeBadPhoneBook     Code = "bad_phone_book"
	CodeBadBackup        Code = "bad_backup"
	CodeWrongPassphrase  Code = "wrong_passphrase"
	CodeProfileInUse     Code = "profile_in_use"
	CodeLocked           Code = "profile_locked"
	CodeBadMove          Code = "bad_move"
	CodeWrongCode        Code = "wrong_code"
	CodeMapDamaged       Code = "map_damaged"
	CodeMapNewer         Code = "map_newer"
	CodeHomeUnwritable   Code = "home_unwritable"
	CodePortTaken        Code = "port_taken"
	CodeDataLocked       Code = "data_locked"
	CodeDataDamaged      Code = "data_damaged"
	CodeDataNewer        Code = "data_newer"
	CodeNoCGO            Code = "no_cgo"
	CodeUsage            Code = "usage"
	CodeInterrupted      Code = "interrupted"
	CodeNamesStayLocal   Code = "names_stay_local"
)

var statuses = map[Code]int{
	CodeBadRequest:        http.StatusBadRequest,
	CodeNotFound:          http.StatusNotFound,
	CodeMethodNotAllowed:  http.StatusMethodNotAllowed,
	CodeForbiddenOrigin:   http.StatusForbidden,
	CodeTooLarge:          http.StatusRequestEntityTooLarge,
	CodeRateLimited:       http.StatusTooManyRequests,
	CodeUnavailable:       http.StatusServiceUnavailable,
	CodeInternal:          http.StatusInternalServerError,
	CodeCursorUnknown:     http.StatusConflict,
	CodeBadRecord:         http.StatusBadRequest,
	CodeBadSignature:      http.StatusBadRequest,
	CodeBadKey:            http.StatusBadRequest,
	CodeUnknownKind:       http.StatusBadRequest,
	CodeWrongServer:       http.StatusBadRequest,
	CodeBadText:           http.StatusBadRequest,
	CodeEmptyText:         http.StatusBadRequest,
	CodeClockAhead:        http.StatusBadRequest,
	CodeRecordConflict:    http.StatusConflict,
	CodeUnknownRecord:     http.StatusNotFound,
	CodeUnknownTarget:     http.StatusNotFound,
	CodeBadTarget:         http.StatusBadRequest,
	CodeNotAuthor:         http.StatusForbidden,
	CodeDeleted:           http.StatusGone,
	CodeBlobMissing:       http.StatusConflict,
	CodeUnknownBlob:       http.StatusNotFound,
	CodeBadPicture:        http.StatusUnsupportedMediaType,
	CodeUnknownFriendship: http.StatusNotFound,
	CodeExists:            http.StatusConflict,
	CodeNotAccepted:       http.StatusConflict,
	CodeAlreadyAccepted:   http.StatusConflict,
	CodeVersionConflict:   http.StatusConflict,
	CodeEnded:             http.StatusGone,
	CodeRevoked:           http.StatusGone,
	CodeExpired:           http.StatusGone,
}

// Status is the HTTP status under which a server answers c. Codes that only a
// client says are 500: a server never sends them.
func (c Code) Status() int {
	if s, ok := statuses[c]; ok {
		return s
	}
	return http.StatusInternalServerError
}

// Error is the one error shape of P4P, on the wire and inside the program.
type Error struct {
	Code    Code   `json:"code"`
	Message string `json:"message"` // a whole sentence for a person
	Cause   error  `json:"-"`       // for the log only; never sent
}

// Errorf makes an [*Error]; the message is a whole sentence.
func Errorf(c Code, format string, args ...any) *Error {
	return &Error{Code: c, Message: fmt.Sprintf(format, args...)}
}

// Because returns e with a cause for the log.
func (e *Error) Because(cause error) *Error {
	return &Error{Code: e.Code, Message: e.Message, Cause: cause}
}

func (e *Error) Error() string { return e.Message }
func (e *Error) Unwrap() error { return e.Cause }

// CodeOf is the code of the first [*Error] in err's chain; internal for any
// other error and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return CodeInternal
}
