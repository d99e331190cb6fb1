package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"p4p/protocol"
	"p4p/server/store"
)

// submitTimeout is how long a call waits for the writer before it answers
// unavailable. The records may be committed nevertheless; to repeat them is safe.
const submitTimeout = 30 * time.Second

func (a *API) postRecords(w http.ResponseWriter, r *http.Request) error {
	p := a.guard.peer(r)
	mem, err := a.room.hold(r.Context(), p, bodyLength(r, protocol.MaxBody))
	if err != nil {
		return err
	}
	defer mem.end()
	var body protocol.PostRecords
	if err := a.readJSON(w, r, protocol.MaxBody, &body); err != nil {
		return err
	}
	switch n := len(body.Records); {
	case n == 0:
		return badRequest("This call holds no record.")
	case n > protocol.MaxBatch:
		return protocol.Errorf(protocol.CodeTooLarge, "One call holds at most %d records; this one has %d.", protocol.MaxBatch, n)
	}
	if err := a.guard.adds.take(p, places(body.Records), a.Now()); err != nil {
		return err
	}
	results, records := a.verify(p, body.Records)
	if err := a.submit(r.Context(), results, records); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, protocol.PostedRecords{Results: results})
}

// places is how many records these count as: what is written with many escapes
// takes the disk's place of several.
func places(jws []string) int {
	const unit = 8 << 10
	n := 0
	for _, s := range jws {
		n += max(1, (len(s)+unit-1)/unit)
	}
	return n
}

// verify parses and verifies records on all cores. A record of the second answer
// belongs to the result at the same place, which then has no error.
func (a *API) verify(p peer, jws []string) ([]protocol.RecordResult, []protocol.Record) {
	results, records := make([]protocol.RecordResult, len(jws)), make([]protocol.Record, len(jws))
	server, now := a.Store.Server(), a.Now()
	each(len(jws), func(i int) {
		rec, err := protocol.ParseRecord(jws[i])
		if err == nil {
			results[i].ID, records[i] = rec.ID, rec
			err = rec.CheckFor(server, now)
		}
		if err == nil {
			err = a.guard.record(p, rec.Author, now)
		}
		if err != nil {
			results[i].Error = a.tell(false, "/v1/records", err)
		}
	})
	return results, records
}

// submit hands the records without an error to the writer and fills in the results.
func (a *API) submit(ctx context.Context, results []protocol.RecordResult, records []protocol.Record) error {
	good, places := make([]protocol.Record, 0, len(records)), make([]int, 0, len(records))
	for i, rec := range records {
		if results[i].Error == nil {
			good, places = append(good, rec), append(places, i)
		}
	}
	if len(good) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, submitTimeout)
	defer cancel()
	appended, err := a.Hub.Submit(ctx, good)
	if err != nil {
		return err
	}
	for k, i := range places {
		if e := appended[k].Err; e != nil {
			results[i].Error = a.tell(false, "/v1/records", e)
		} else {
			results[i].Seq = appended[k].Seq
		}
	}
	return nil
}

// each calls f for 0 … n-1, on as many cores as there are. It panics with what f panics
// with: that is the call's to answer for.
func each(n int, f func(i int)) {
	workers := min(n, runtime.GOMAXPROCS(0))
	if workers < 2 {
		for i := range n {
			f(i)
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	var fault atomic.Pointer[string]
	for range workers {
		wg.Go(func() {
			defer func() {
				if v := recover(); v != nil {
					s := fmt.Sprintf("%v\n%s", v, debug.Stack())
					fault.Store(&s)
				}
			}()
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				f(int(i))
			}
		})
	}
	wg.Wait()
	if s := fault.Load(); s != nil {
		panic(*s)
	}
}

func (a *API) getRecords(w http.ResponseWriter, r *http.Request) error {
	q, err := pageQuery(r)
	if err != nil {
		return err
	}
	p := a.guard.peer(r)
	if q.Words != "" {
		if err := a.guard.calls.take(p, searchCost-1, a.Now()); err != nil {
			return err
		}
	}
	mem, err := a.room.hold(r.Context(), p, q.Limit*protocol.MaxRecord)
	if err != nil {
		return err
	}
	defer mem.end()
	events, more, err := a.page(r.Context(), q)
	if err != nil {
		return err
	}
	page := protocol.RecordsPage{Epoch: a.Store.Epoch(), Events: events}
	if events == nil {
		page.Events = []protocol.Event{}
	}
	if more && len(events) > 0 {
		page.Before = &events[len(events)-1].Seq
	}
	b, err := json.Marshal(page)
	if err != nil {
		return err
	}
	mem.shrink(int64(max(len(b), leastHeld)))
	w.Header().Set("Content-Type", "application/json")
	b = append(b, '\n')
	if q.Words == "" { // what somebody searches for is theirs
		b = pack(w.Header(), r, b)
	}
	a.writeSlowly(w, b)
	return nil
}

const (
	// searchCost is how many calls a search counts as: it may go through all of
	// the log's words to find nothing.
	searchCost = 10
	// maxSearches run at a time, so that the other calls have the store to
	// themselves.
	maxSearches = 2
)

// page reads a page; a search gets only so much time, its turn included. Code:
// unavailable.
func (a *API) page(ctx context.Context, q store.Query) (events []protocol.Event, more bool, err error) {
	if q.Words == "" {
		return a.Store.Page(ctx, q)
	}
	timed, cancel := waitFor(ctx, a.Limits.Search)
	defer cancel()
	select {
	case a.searches <- struct{}{}:
		defer func() { <-a.searches }()
		events, more, err = a.Store.Page(timed, q)
	case <-timed.Done():
		err = timed.Err()
	}
	if err != nil && timed.Err() != nil && ctx.Err() == nil {
		err = &refusal{protocol.Errorf(protocol.CodeUnavailable, "This search took too long: use rarer words, or try again later."), 5 * time.Second}
	}
	return events, more, err
}

func (a *API) getRecord(w http.ResponseWriter, r *http.Request) error {
	id, err := protocol.ParseUUID(r.PathValue("id"))
	if err != nil {
		return err
	}
	if _, err := params(r); err != nil {
		return err
	}
	e, comments, err := a.Store.Record(r.Context(), id)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, protocol.RecordView{Epoch: a.Store.Epoch(), Event: e, Comments: comments})
}
