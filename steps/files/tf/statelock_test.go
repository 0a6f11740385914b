package tf

import (
	"strings"
	"testing"
)

// TestWhatAForgedLockSaysStaysOneLine: whoever may write into the bucket may write any
// lock, and what it says is shown as a part of sentences and titles.
func TestWhatAForgedLockSaysStaysOneLine(t *testing.T) {
	t.Parallel()
	info, ok := ReadLock(`{"ID":"1","Who":"ACME\\carol@pc\n\nINFO: all is well","Operation":"a\rb","Info":"\t","Version":"1\n","Path":"p\n"}`)
	if !ok || info.Who != `ACME\carol@pc\n\nINFO: all is well` {
		t.Errorf("read as a lock: %v, held by %q", ok, info.Who)
	}
	for _, shown := range []string{info.Who, info.Operation, info.Info, info.Version, info.Path} {
		if strings.ContainsAny(shown, "\n\r\t") {
			t.Errorf("%q is more than a line", shown)
		}
	}
	for _, id := range []string{`1\n2`, `1 2`, `\u001b[2J`, `\u202e1`} {
		if _, ok := ReadLock(`{"ID":"` + id + `"}`); ok {
			t.Errorf("the id %s is taken for one of Terraform's", id)
		}
	}
}
