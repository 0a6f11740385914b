// Package stepstest holds what the tests of steps and of the packages beneath it
// share. Only tests import it.
package stepstest

import (
	"os"
	"strconv"
	"testing"
)

// allSeeds is how many .ci/run long asks for.
const allSeeds = 60

// Seeds is how many cases a test that draws them takes: a dozen every day, and
// STATEROOM_SEEDS where .ci/run or whoever looks for a fault sets it.
func Seeds(t *testing.T) int {
	t.Helper()
	text := os.Getenv("STATEROOM_SEEDS")
	if text == "" {
		return 12
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("STATEROOM_SEEDS is %q, and has to be a number above 0", text)
	}
	return n
}

// Stride is the distance between the cases that a test takes of those that it
// could go through one by one: 1 with the seeds of .ci/run long, 5 every day.
func Stride(t *testing.T) int {
	t.Helper()
	return max(1, allSeeds/Seeds(t))
}
