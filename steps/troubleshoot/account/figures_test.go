package account_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"stateroom/awsops/sandbox"
)

// mostTrips is how many sequential round trips a health check may take.
const mostTrips = 8

// trips is how many of the requests came one after another: each began after
// the one before it could have been answered.
func trips(log []sandbox.Entry, latency time.Duration) int {
	slices.SortFunc(log, func(a, b sandbox.Entry) int { return a.Time.Compare(b.Time) })
	count := 0
	var last time.Time
	for _, e := range log {
		if count == 0 || e.Time.Sub(last) >= latency {
			count, last = count+1, e.Time
		}
	}
	return count
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
			w := newWorld(b, sandbox.Options{Latency: latency})
			c.breaking(w)
			for range b.N {
				flow, mark, start := w.Flow(), len(w.Server.Log()), time.Now()
				_, err := flow.Review(context.Background())
				w.Must(err)
				wall, log := time.Since(start), w.Server.Log()[mark:]
				count := trips(log, latency)
				b.ReportMetric(float64(count), "round-trips")
				fmt.Printf("health check (%s) at 200 ms: wall %.2fs, %d reads in %d sequential round trips\n", c.name, wall.Seconds(), len(log), count)
				if count > mostTrips {
					b.Errorf("%d sequential round trips, at most %d are wanted", count, mostTrips)
				}
			}
		})
	}
}
