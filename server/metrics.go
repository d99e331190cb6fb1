package server

import (
	"errors"
	"net"
	"net/http"
	"time"
)

// metricsServer serves the metrics on a port of their own, so that no proxy can
// pass them on.
type metricsServer struct {
	http     *http.Server
	listener net.Listener
	done     chan struct{}
}

func serveMetrics(l net.Listener, h http.Handler, c Config) *metricsServer {
	m := &metricsServer{
		http: &http.Server{
			Handler: h, ErrorLog: errorLog(c.Log),
			ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
			MaxHeaderBytes: 16 << 10,
		},
		listener: l, done: make(chan struct{}),
	}
	go c.Guard(func() {
		defer close(m.done)
		if err := m.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			c.Log.Error("the metrics are served no more", "error", Scrub(err.Error()))
		}
	})
	return m
}

// close ends it at once; nil has nothing to end.
func (m *metricsServer) close() error {
	if m == nil {
		return nil
	}
	err := m.http.Close()
	<-m.done
	return err
}
