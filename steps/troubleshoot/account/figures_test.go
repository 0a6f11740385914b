package account_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"stateroom/awsops/sandbox"
	"stateroom/awsops/sandbox/sandboxtest"
)

// mostTrips is how many sequential round trips a health check may take.
const mostTrips = 8

// trips is how many requests of a health check wait for one another.
func trips(b *testing.B, breaking func(*world)) int {
	b.Helper()
	w := newWorld(b, sandbox.Options{})
	breaking(w)
	var trips sandboxtest.Trips
	trips.Conduct(b, w.Server)
	_, err := w.Flow().Review(context.Background())
	w.Must(err)
	return len(trips.Take())
}

// BenchmarkHealthCheckAt200ms prints the sequential round trips and the wall time
// of a whole health check, of a healthy set-up and of one whose digest is
// wrong, and fails where they are more than eight.
func BenchmarkHealthCheckAt200ms(b *testing.B) {
	const latency = 200 * time.Millisecond
	for _, c := range []struct {
		name     string
		breaking func(*world)
	}{
		{"healthy", func(*world) {}},
		{"digest", func(w *world) {
			w.put(state(1))
			w.put(state(2))
			w.item(bucketName+"/"+stagingKey+"-md5", "Digest", "00000000000000000000000000000000")
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			count := trips(b, c.breaking)
			if count > mostTrips {
				b.Errorf("%d sequential round trips, at most %d are wanted", count, mostTrips)
			}
			w := newWorld(b, sandbox.Options{Latency: latency})
			c.breaking(w)
			for range b.N {
				flow, mark, start := w.Flow(), len(w.Server.Log()), time.Now()
				_, err := flow.Review(context.Background())
				w.Must(err)
				wall, log := time.Since(start), w.Server.Log()[mark:]
				b.ReportMetric(float64(count), "round-trips")
				fmt.Printf("health check (%s) at 200 ms: wall %.2fs, %d reads in %d sequential round trips\n", c.name, wall.Seconds(), len(log), count)
			}
		})
	}
}
