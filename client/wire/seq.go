package wire

import (
	"errors"

	"p4p/protocol"
)

// maxSeq is the highest place of any log. A client that believed in a higher one
// could never name it in a cursor.
const maxSeq = 1<<53 - 1

var (
	errSeq  = errors.New("a seq is 2^53 or more")
	errPage = errors.New("a page of the log makes no sense")
)

func checkSeqs(events []protocol.Event) error {
	for _, e := range events {
		if e.Seq > maxSeq {
			return errSeq
		}
	}
	return nil
}

// checkPage holds a page against what was asked: newest first, all of it below
// asked (0 for the newest), and a next page only below the lowest event of this
// one, so that whoever follows the pages comes to an end.
func checkPage(p protocol.RecordsPage, asked uint64) error {
	last := uint64(maxSeq + 1)
	if asked != 0 {
		last = min(last, asked)
	}
	for _, e := range p.Events {
		if e.Seq >= last || e.Seq == 0 {
			return errPage
		}
		last = e.Seq
	}
	if p.Before != nil && (len(p.Events) == 0 || *p.Before > last || *p.Before == 0) {
		return errPage
	}
	return nil
}
