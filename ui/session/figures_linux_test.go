//go:build !race && !integration

package session_test

import (
	"fmt"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"stateroom/steps/stepstest"
)

// figures are what a set-up of so many accounts takes of the machine, sandbox included.
type figures struct {
	processor time.Duration
	megabytes float64 // at most, of 10⁶ bytes each
}

// began are what a set-up took before anything was mended: its time on the wall of a quiet
// machine, and its memory. wanted is what it may take now.
var began, wanted = map[int]figures{
	1_000: {3600 * time.Millisecond, 138}, 10_000: {67 * time.Second, 1050},
}, map[int]float64{1_000: 138, 10_000: 300}

// BenchmarkSetUpOfEveryAccount prints what stateroom setup --sandbox --plain --accounts N
// takes of the processor's time and of memory, with a thousand accounts every day and ten
// thousand in .ci/run long. It fails where that is more memory than is wanted, or where ten
// times as many accounts take more than 1.3 times ten times as long: something then grows
// faster than the work.
func BenchmarkSetUpOfEveryAccount(b *testing.B) {
	const most = 13
	binary := stepstest.Program(b)
	accounts := stepstest.Environments()
	for range b.N {
		few, many := setUpOf(b, binary, accounts/10), setUpOf(b, binary, accounts)
		grown, then := many.processor.Seconds()/few.processor.Seconds(), began[accounts]
		b.ReportMetric(many.processor.Seconds(), "processor-s")
		b.ReportMetric(many.megabytes, "MB")
		b.ReportMetric(grown, "times-for-ten")
		fmt.Printf("%d accounts: %.1f s of the processor's time (%s on the wall at first), %.1f times that of %d, at most %d is wanted; %.0f MB (%.0f MB at first), at most %.0f MB is wanted\n",
			accounts, many.processor.Seconds(), then.processor, grown, accounts/10, most, many.megabytes, then.megabytes, wanted[accounts])
		if grown > most {
			b.Errorf("ten times as many accounts take %.1f times as long", grown)
		}
		if many.megabytes > wanted[accounts] {
			b.Errorf("%d accounts take %.0f MB", accounts, many.megabytes)
		}
	}
}

// setUpOf runs the program in a home of its own.
func setUpOf(b *testing.B, binary string, accounts int) figures {
	b.Helper()
	home := b.TempDir()
	run := exec.CommandContext(b.Context(), binary, "setup", "--sandbox", "--plain", "--accounts", strconv.Itoa(accounts))
	run.Dir, run.Env = home, []string{"HOME=" + home, "XDG_STATE_HOME=" + home, "TMPDIR=" + home, "PATH=" + home} // no Terraform
	if out, err := run.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out[max(0, len(out)-2000):])
	}
	usage, _ := run.ProcessState.SysUsage().(*syscall.Rusage)
	return figures{run.ProcessState.UserTime() + run.ProcessState.SystemTime(), float64(usage.Maxrss) * 1024 / 1e6}
}
