package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"p4p/protocol"
)

// Metrics count what the server does, never who asked: no label holds anything
// that a client chose.
type Metrics struct {
	registry *prometheus.Registry
	serve    http.Handler

	records   prometheus.Counter
	batch     prometheus.Histogram
	commit    prometheus.Histogram
	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
	closed    *prometheus.CounterVec
	turned    prometheus.Counter
}

// NewMetrics makes a registry of its own.
func NewMetrics() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		records:  prometheus.NewCounter(prometheus.CounterOpts{Name: "p4p_records_total", Help: "Records that went through a commit, repeated and refused ones included."}),
		batch: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "p4p_commit_records", Help: "Records in one commit.", Buckets: prometheus.ExponentialBuckets(1, 2, 11),
		}),
		commit: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "p4p_commit_seconds", Help: "How long a commit took.", Buckets: prometheus.ExponentialBuckets(0.0001, 2, 16),
		}),
		requests:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "p4p_requests_total", Help: "Calls answered."}, []string{"route", "method", "code"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "p4p_request_seconds", Help: "How long calls took; a stream counts for as long as it was open."}, []string{"route"}),
		closed:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "p4p_streams_closed_total", Help: "Streams that ended, by the close code that the server sent; 0: the client left."}, []string{"code"}),
	}
	m.turned = prometheus.NewCounter(prometheus.CounterOpts{Name: "p4p_connections_refused_total", Help: "Connections turned away because too many were open."})
	m.registry.MustRegister(m.turned, m.records, m.batch, m.commit, m.requests, m.durations, m.closed,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.serve = promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
	return m
}

// Committed is for the hub's options.
func (m *Metrics) Committed(records int, took time.Duration) {
	m.records.Add(float64(records))
	m.batch.Observe(float64(records))
	m.commit.Observe(took.Seconds())
}

// TurnedAway counts a connection that had no place.
func (m *Metrics) TurnedAway() { m.turned.Inc() }

// Connections tells how many are open.
func (m *Metrics) Connections(open func() int) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(
		prometheus.GaugeOpts{Name: "p4p_connections", Help: "Connections open now."}, func() float64 { return float64(open()) }))
}

// observe adds what is looked up when asked for.
func (m *Metrics) observe(a *API) {
	gauge := func(name, help string, f func() float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, f))
	}
	gauge("p4p_streams", "Streams open now.", func() float64 { return float64(a.Streams()) })
	gauge("p4p_ring_bytes", "Bytes of encoded frames kept for subscribers.", func() float64 { return float64(a.Hub.RingBytes()) })
	gauge("p4p_log_seq", "The last seq of the log.", func() float64 { return float64(a.Hub.Head()) })
}

func (m *Metrics) request(route, method string, code int, took time.Duration) {
	m.requests.WithLabelValues(route, knownMethod(method), strconv.Itoa(code)).Inc()
	m.durations.WithLabelValues(route).Observe(took.Seconds())
}

func (m *Metrics) streamClosed(code int) { m.closed.WithLabelValues(strconv.Itoa(code)).Inc() }

// MetricsHandler serves /metrics alone, to programs on this machine, for a listener
// of its own on loopback.
func (a *API) MetricsHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secure(w.Header())
		switch {
		case r.URL.Path != "/metrics" || !operatorCall(r):
			a.refuse(w, r, notFound())
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET")
			a.refuse(w, r, protocol.Errorf(protocol.CodeMethodNotAllowed, "This address does not take that method."))
		default:
			a.Metrics.serve.ServeHTTP(w, r)
		}
	})
}

func (a *API) getMetrics(w http.ResponseWriter, r *http.Request) error {
	a.Metrics.serve.ServeHTTP(w, r)
	return nil
}
