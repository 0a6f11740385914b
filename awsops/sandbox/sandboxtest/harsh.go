package sandboxtest

import (
	"hash/fnv"
	"slices"
	"time"

	"stateroom/awsops/sandbox"
)

// harshLag is how late a harsh AWS may show what was done.
const harshLag = 400 * time.Millisecond

// OptIn is a region of AWS's first partition that has to be enabled.
const OptIn = "eu-south-1"

// Harsh are the knobs of an AWS that lags and is of the kind that a seed draws: in
// whichever partition; one in four asks no policy; and in the first partition the account
// of staging alone has enabled [OptIn]. Its requests fail by [sandbox.Rough].
func Harsh(seed string) sandbox.Options {
	n := Kind(seed, 16)
	o := sandbox.Options{
		Seed: seed, Lag: harshLag + time.Duration(n), Propagation: harshLag / 2, Unenforced: n/4 == 3,
		Region: []string{"eu-west-1", "us-gov-west-1", "cn-north-1", "eusc-de-east-1"}[n%4],
	}
	if n%4 == 0 {
		o.OptedIn = map[string][]string{"222222222222": {OptIn}}
	}
	return o
}

// Kind draws one of so many kinds of something, always the same for a seed.
func Kind(seed string, of int) int {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(seed)) // never fails
	return int(int64(sum.Sum32()) % int64(of))
}

// SparingStates lets a hook answer whatever writes objects and items, if only by a
// throttle: Terraform takes a lock whose answer it lost for somebody else's, and so ends
// by itself.
func SparingStates(hook func(sandbox.Entry) sandbox.Fault) func(sandbox.Entry) sandbox.Fault {
	return func(e sandbox.Entry) sandbox.Fault {
		f := hook(e)
		if slices.Contains([]string{"PutObject", "DeleteObject", "PutItem", "DeleteItem"}, e.Operation) && !f.Throttle {
			return sandbox.Fault{}
		}
		return f
	}
}
