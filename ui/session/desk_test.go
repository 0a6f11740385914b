//go:build !race && !integration

// The compiled program runs here, of which neither the race detector nor a real
// Terraform has anything to tell.

package session_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"stateroom/awsops/sandbox"
	"stateroom/steps/handover"
	"stateroom/steps/plan"
)

// few is a company of two, who both have a recipient: nobody types a passphrase.
func few(t *testing.T, guarded ...string) *company {
	t.Helper()
	c := opened(t, nil, guarded...)
	b := c.blueprint(guarded)
	b.Groups[0].Users = []string{"alice", "bob"}
	c.must(os.WriteFile(filepath.Join(c.dir, "stateroom.hcl"), b.HCL(), 0o600))
	return c
}

// coming are the arguments of who brings a handover.
func (l *laptop) coming() []string {
	return []string{"onboard", "--handover", l.sealed(), "--identity", filepath.Join(l.home, "identity")}
}

// done runs the program to a good end.
func (l *laptop) done(args ...string) outcome {
	l.t.Helper()
	got := l.stateroom("", args...)
	if got.code != plan.ExitDone {
		l.t.Fatalf("%v: %+v", args, got)
	}
	return got
}

// act does an operation as the root of the admin account.
func (c *company) act(service, operation string, in sandbox.ActInput) string {
	c.t.Helper()
	out, err := c.server.Act("111111111111", service, operation, in)
	c.must(err)
	return string(out)
}

// find gives what a pattern's group matches in an answer of AWS's.
func (c *company) find(service, operation string, in sandbox.ActInput, pattern string) []string {
	c.t.Helper()
	var found []string
	for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(c.act(service, operation, in), -1) {
		found = append(found, match[1])
	}
	return found
}

// keys are a user's access keys in a state.
func (c *company) keys(user, state string) []string {
	c.t.Helper()
	members := c.find("iam", "ListAccessKeys", sandbox.ActInput{"UserName": user}, `(?s)<member>(.*?)</member>`)
	var keys []string
	for _, member := range members {
		if strings.Contains(member, "<Status>"+state+"</Status>") {
			keys = append(keys, regexp.MustCompile(`<AccessKeyId>(\w+)<`).FindStringSubmatch(member)[1])
		}
	}
	return keys
}

// inProfile is the id of the key in a profile of the laptop's.
func (l *laptop) inProfile(name string) string {
	l.t.Helper()
	text, err := os.ReadFile(filepath.Join(l.home, ".aws", "credentials"))
	l.must(err)
	_, profile, _ := strings.Cut(string(text), "["+name+"]")
	if id := regexp.MustCompile(`aws_access_key_id = (\w+)`).FindStringSubmatch(profile); id != nil {
		return id[1]
	}
	return ""
}

// holds fails the test unless a profile holds the user's one and only key.
func (l *laptop) holds(user, profile string) {
	l.t.Helper()
	held := l.inProfile(profile)
	if active, off := l.keys(user, "Active"), l.keys(user, "Inactive"); !slices.Equal(active, []string{held}) || len(off) > 0 {
		l.t.Errorf("%s has the keys %v, and %v that are off; the profile holds %s", user, active, off, held)
	}
}

// handed is the id of the key in a handover of bob's; empty where there is none.
func (c *company) handed(path string) string {
	c.t.Helper()
	sealed, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	c.must(err)
	h, err := handover.Open(sealed, handover.Unlock{Identity: []byte(c.known["bob"].String())})
	c.must(err)
	return h.AccessKeyID
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// shows gives the n codes that bob's app shows next. Each is taken once, so the
// sandbox's clock goes on where there are too few.
func (c *company) shows(n int) []string {
	c.t.Helper()
	for range 5 {
		if codes := c.server.Codes("arn:aws:iam::111111111111:mfa/bob", n); codes != nil {
			return codes
		}
		c.ahead.Add(int64(time.Minute))
	}
	c.t.Fatal("there is no device that shows codes")
	return nil
}
