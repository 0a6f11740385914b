package profiles

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"

	"stateroom/steps/files"
	"stateroom/steps/stepstest"
)

const allGenerated = 30_000

// TestGeneratedFilesSeeNoCollateralChange runs the editor over files made of
// everything that people and tools leave in them, and judges the result twice,
// neither time by the editor's own code: line by line, and by the AWS SDK's
// loader for every profile before and after.
func TestGeneratedFilesSeeNoCollateralChange(t *testing.T) {
	dir := t.TempDir()
	files := int64(allGenerated / stepstest.Stride(t))
	var edited, next atomic.Int64
	var wg sync.WaitGroup
	for worker := range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			path := filepath.Join(dir, fmt.Sprint(worker))
			for i := next.Add(1); i <= files && !t.Failed(); i = next.Add(1) {
				if checkGenerated(t, path, uint64(i)) {
					edited.Add(1)
				}
			}
		})
	}
	wg.Wait()
	t.Logf("%d files edited, %d refused", edited.Load(), files-edited.Load())
	if edited.Load() < files/3 {
		t.Fatal("so many were refused that the test says little")
	}
}

// checkGenerated makes file number n, edits it and judges; false when the
// editor refused it.
func checkGenerated(t *testing.T, path string, n uint64) bool {
	g := generator{rand.New(rand.NewPCG(n, 7))}
	kind := Kind(g.IntN(2))
	old := g.file(kind)
	e := g.edit()
	file := files.Snapshot{Path: path, Bytes: files.Content(old)}
	first, err := Edit(kind, file, e)
	if err != nil {
		return false
	}
	fail := func(format string, args ...any) {
		t.Errorf("file %d (%s), edit %v: %s\n--- old\n%q\n--- new\n%q", n, kind, describe(e), fmt.Sprintf(format, args...), old, string(first.After))
	}
	if problem := onlyIntended(kind, old, string(first.After), e); problem != "" {
		fail("%s", problem)
	}
	file.Bytes = first.After
	if second, err := Edit(kind, file, e); err != nil || second.Changes() {
		fail("not idempotent: %v", err)
	}
	names := g.present(old, e.Name)
	before, after := loadAll(t, path, kind, old, names), loadAll(t, path, kind, string(first.After), names)
	for name, b := range before {
		if name != e.Name && !reflect.DeepEqual(b, after[name]) {
			fail("profile %s: %+v became %+v", name, b.err, after[name].err)
		}
	}
	got := after[e.Name]
	for _, kv := range e.Set {
		read := map[string]string{"region": got.cfg.Region, AccessKeyID: got.cfg.Credentials.AccessKeyID, SecretAccessKey: got.cfg.Credentials.SecretAccessKey}
		if got.err == "" && read[kv.Key] != kv.Value.Reveal() {
			fail("the SDK reads %q as %s", read[kv.Key], kv.Key)
		}
	}
	for _, p := range All(kind, file) {
		if l, ok := after[p.Name]; ok && l.err == "" && (l.cfg.Region != p.Get("region") || l.cfg.RoleARN != p.Get("role_arn")) {
			fail("we read region %q and role %q of %s, the SDK %q and %q", p.Get("region"), p.Get("role_arn"), p.Name, l.cfg.Region, l.cfg.RoleARN)
		}
	}
	return true
}

func describe(e Wanted) string {
	var b strings.Builder
	for _, kv := range e.Set {
		b.WriteString(kv.Key + "=" + kv.Value.Reveal() + " ")
	}
	return e.Name + ": " + b.String() + "-" + strings.Join(e.Remove, ",")
}

type loaded struct {
	cfg config.SharedConfig
	err string
}

var generatedNames = []string{"x", "default", "a", "a.b", "acme", "acme-prod", "DEFAULT"}

// present gives the profiles that a file may hold, and the edited one.
func (g generator) present(text, edited string) []string {
	return slices.DeleteFunc(slices.Clone(generatedNames), func(name string) bool {
		return name != edited && !strings.Contains(text, name+"]") && !strings.Contains(text, name+" ]")
	})
}

// loadAll reads the named profiles with the SDK.
func loadAll(t *testing.T, path string, kind Kind, text string, names []string) map[string]loaded {
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Error(err)
	}
	out := map[string]loaded{}
	for _, name := range names {
		cfg, err := config.LoadSharedConfigProfile(context.Background(), name, func(o *config.LoadSharedConfigOptions) {
			o.ConfigFiles, o.CredentialsFiles = []string{}, []string{path}
			if kind == Config {
				o.ConfigFiles, o.CredentialsFiles = []string{path}, []string{}
			}
		})
		l := loaded{cfg: cfg}
		if err != nil {
			l = loaded{err: err.Error()}
		}
		out[name] = l
	}
	return out
}

// onlyIntended walks both files line by line: every old line must come again in
// order unless it is a touched setting of the target's section, and every new
// line must be a setting that was asked for, the target's header with a blank
// line before it, or a comment that stood behind a replaced value.
func onlyIntended(kind Kind, old, after string, e Wanted) string {
	header := "[" + e.Name + "]"
	if kind == Config && e.Name != "default" {
		header = "[profile " + e.Name + "]"
	}
	was, is := strings.SplitAfter(old, "\n"), strings.SplitAfter(after, "\n")
	inTarget, moved := false, ""
	i := 0
	for _, line := range is {
		bare := strings.TrimRight(line, "\r\n")
		for i < len(was) && was[i] != line && strings.TrimRight(was[i], "\r\n") != bare && inTarget && touches(was[i], e) {
			moved += was[i]
			i++
		}
		if i < len(was) && (was[i] == line || i == len(was)-1 && strings.TrimRight(was[i], "\r\n") == bare) {
			inTarget = strings.HasPrefix(bare, header) || inTarget && !strings.HasPrefix(bare, "[")
			i++
			continue
		}
		switch {
		case bare == header:
			inTarget = true
		case bare == "" && i >= len(was)-1:
		case inTarget && brings(bare, e):
		case inTarget && bare != "" && strings.ContainsAny(bare[:1], "#;"):
			for i < len(was) && touches(was[i], e) && !strings.Contains(moved, bare) {
				moved += was[i]
				i++
			}
			if !strings.Contains(moved, bare) {
				return fmt.Sprintf("the comment %q comes from nowhere", bare)
			}
		default:
			return fmt.Sprintf("the line %q is new", line)
		}
	}
	for ; i < len(was); i++ {
		if was[i] != "" && !touches(was[i], e) {
			return fmt.Sprintf("the line %q is lost", was[i])
		}
	}
	return ""
}

func settingOf(line string) (string, string, bool) {
	i := strings.IndexAny(line, "=:")
	if i <= 0 || strings.ContainsAny(line[:1], "#; \t") {
		return "", "", false
	}
	return strings.ToLower(strings.TrimSpace(line[:i])), strings.TrimSpace(line[i+1:]), true
}

func touches(line string, e Wanted) bool {
	key, _, ok := settingOf(line)
	newKey := false
	for _, kv := range e.Set {
		if ok && kv.Key == key {
			return true
		}
		newKey = newKey || kv.Key == SecretAccessKey
	}
	return ok && (slices.Contains(e.Remove, key) || newKey && key == sessionToken)
}

func brings(line string, e Wanted) bool {
	key, value, ok := settingOf(line)
	for _, kv := range e.Set {
		if ok && kv.Key == key && kv.Value.Reveal() == value {
			return true
		}
	}
	return false
}

// generator makes files and edits from a seed.
type generator struct{ *rand.Rand }

func (g generator) pick(of ...string) string { return of[g.IntN(len(of))] }

func (g generator) edit() Wanted {
	e := Wanted{Name: g.pick("x", "x", "x", "default", "a", "acme-prod")}
	switch g.IntN(4) {
	case 0:
		e.Set = []KeyValue{KV(AccessKeyID, "AKIANEW"), KV(SecretAccessKey, g.pick("abc/+=", "a;b#c", `tail\`, "%(x)s", "http://x", `q"q`, "a'b", "z`"))}
	case 1:
		e.Set = []KeyValue{KV("region", "eu-west-1")}
	case 2:
		e.Set = []KeyValue{KV("region", "eu-west-1"), KV(AccessKeyID, "AKIANEW"), KV(SecretAccessKey, "s")}
		e.Remove = []string{"role_arn", "credential_process"}
	case 3:
		e.Set = []KeyValue{KV("region", "eu-north-1")}
		e.Remove = []string{"output"}
	}
	return e
}

func (g generator) file(kind Kind) string {
	eol := g.pick("\n", "\n", "\n", "\r\n")
	var b strings.Builder
	for range g.IntN(3) {
		b.WriteString(g.filler() + eol)
	}
	for range g.IntN(5) {
		g.section(&b, kind, eol)
	}
	text := b.String()
	if g.IntN(4) == 0 {
		text = strings.TrimSuffix(text, eol)
	}
	return text
}

func (g generator) filler() string {
	return g.pick("", "", "", "# comment", "; comment = x", "  # indented", "\t; indented: y", "#[x]", "#region = a", "   ", "# caf\xe9")
}

func (g generator) section(b *strings.Builder, kind Kind, eol string) {
	name := generatedNames[g.IntN(len(generatedNames))]
	if g.IntN(3) == 0 {
		name = "x"
	}
	header := "[" + name + "]"
	if kind == Config && name != "default" && g.IntN(30) > 0 {
		header = "[profile " + name + "]"
	}
	switch g.IntN(40) {
	case 0:
		header = "[ " + name + " ]"
	case 1:
		header += " junk"
	case 2:
		header = "  " + header
	case 3, 4:
		header += g.pick(" # note", " ; note", "  ")
	case 5:
		header = "[sso-session " + name + "]"
	}
	b.WriteString(header + eol)
	seen := map[string]bool{}
	for range g.IntN(6) {
		g.entry(b, seen, eol)
	}
	for range g.IntN(3) {
		b.WriteString(g.filler() + eol)
	}
}

func (g generator) entry(b *strings.Builder, seen map[string]bool, eol string) {
	sep := g.pick(" = ", " = ", "=", "= ", " =", ": ", "\t=\t", "      = ")
	key := g.pick("region", "output", AccessKeyID, SecretAccessKey, sessionToken, "role_arn", "s3", "custom", "Region", "mixed_Key")
	if low := strings.ToLower(key); seen[low] && g.IntN(15) > 0 {
		return
	}
	seen[strings.ToLower(key)] = true
	switch g.IntN(30) {
	case 0:
		b.WriteString("junk line" + eol)
		return
	case 1:
		b.WriteString("  indented = after" + eol)
		return
	case 2, 3:
		b.WriteString(g.filler() + eol)
	}
	if key == "s3" {
		g.nested(b, eol)
		return
	}
	value := g.pick("v", "v w", `"quoted"`, "'single'", "a#b", "a;b", `back\`, "%(y)s", "", "x=y:z", "back`tick", "us-east-1")
	if key == "role_arn" && value == "" {
		value = "arn"
	}
	b.WriteString(key + sep + value + g.pick("", "", "", "", "", " # inline", "\t; inline", "  ") + eol)
}

func (g generator) nested(b *strings.Builder, eol string) {
	b.WriteString(g.pick("s3 =", "s3=", "s3 = ") + eol)
	for range g.IntN(4) {
		b.WriteString(g.pick("  region = nested", "  max = 3", "\tendpoint = http://x", "  # nested comment", "    deep = 1", "", "# unindented") + eol)
	}
}
