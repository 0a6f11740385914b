// Package stepstest holds what the tests of steps and of the packages beneath it
// share. Only tests import it.
package stepstest

import (
	"os"
	"slices"
	"strconv"
	"testing"
)

// What tests take every day, and how many seeds .ci/run long asks for: with those,
// every case is gone through. The stride is a prime, so that it falls into step with
// nothing that a table goes through in turns: every tenth of the mishaps of ui/session
// was one on the screen.
const (
	dailySeeds, dailyStride = 8, 13
	allSeeds                = 60
	allHardSeeds            = 200
	someHardSeeds           = 6
)

// seedsVariable is set by .ci/run long and by whoever looks for a fault.
const seedsVariable = "STATEROOM_SEEDS"

// Seeds is how many cases a test that draws them takes: eight every day.
func Seeds(t *testing.T) int {
	t.Helper()
	text := os.Getenv(seedsVariable)
	if text == "" {
		return dailySeeds
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s is %q, and has to be a number above 0", seedsVariable, text)
	}
	return n
}

// NumberedSeeds are [Seeds] by their numbers, from 0 on, with those that once found
// something.
func NumberedSeeds(t *testing.T, found ...int) []int {
	t.Helper()
	var seeds []int
	for n := range Seeds(t) {
		seeds = append(seeds, n)
	}
	return append(seeds, slices.DeleteFunc(found, func(n int) bool { return n < len(seeds) })...)
}

// HardSeeds are the seeds of a hard AWS: those that once found something every day, and
// besides them two hundred with the seeds of .ci/run long.
func HardSeeds(t *testing.T, found ...string) []string {
	t.Helper()
	return hardSeeds(t, allHardSeeds, found)
}

// SomeHardSeeds are [HardSeeds] for what takes a minute for each of them: six in the
// place of two hundred.
func SomeHardSeeds(t *testing.T, found ...string) []string {
	t.Helper()
	return hardSeeds(t, someHardSeeds, found)
}

func hardSeeds(t *testing.T, all int, found []string) []string {
	t.Helper()
	seeds := slices.Clone(found)
	if os.Getenv(seedsVariable) == "" {
		return seeds
	}
	for n := range all * Seeds(t) / allSeeds {
		if seed := "long " + strconv.Itoa(n+1); !slices.Contains(seeds, seed) {
			seeds = append(seeds, seed)
		}
	}
	return seeds
}

// Stride is the distance between the cases that a test takes of those that it
// could go through one by one: 1 with the seeds of .ci/run long, 13 every day. Each
// case runs the program some four times.
func Stride(t *testing.T) int {
	t.Helper()
	if os.Getenv(seedsVariable) == "" {
		return dailyStride
	}
	return max(1, allSeeds/Seeds(t))
}

// Environments is how large the largest organization is that a benchmark sets up: a thousand
// accounts every day, ten thousand with the seeds of .ci/run long.
func Environments() int {
	if os.Getenv(seedsVariable) == "" {
		return 1000
	}
	return 10000
}
