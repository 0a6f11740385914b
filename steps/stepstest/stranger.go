package stepstest

import (
	"net"
	"sync/atomic"
	"testing"
)

// Stranger is an address at which somebody listens, and how often anybody came.
func Stranger(t testing.TB) (address string, met *atomic.Int64) {
	t.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	met = &atomic.Int64{}
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			met.Add(1)
			_ = c.Close()
		}
	}()
	return "http://" + listener.Addr().String(), met
}
