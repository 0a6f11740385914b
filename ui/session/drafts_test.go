package session

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"stateroom/awsops/secret"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/ui/tui"
)

// keeping is a run whose answers may be kept: its folder, and what it asks.
type keeping struct {
	t           *testing.T
	dir, state  string
	o           Options
	mode        *Mode
	refuses     string // the path of an answer that the flow refuses
	free        bool   // a question of which anything can be the answer is asked first, too
	asked       [][]string
	got         plan.Given
	opened      engine.Opened
	drafts      *drafts
	open        engine.Open
	given       plan.Given
	suggestions map[string]string
}

// keepingAt is a terminal in a folder of its own, with a home of its own.
func keepingAt(t *testing.T) *keeping {
	k := &keeping{t: t, dir: filepath.Join(t.TempDir(), "team"), state: t.TempDir(), mode: SetUp}
	if err := os.Mkdir(k.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_STATE_HOME", k.state)
	t.Setenv("LOCALAPPDATA", k.state)
	t.Setenv("AWS_PROFILE", "")
	k.o = Options{Blueprint: filepath.Join(k.dir, "stateroom.hcl"), Dir: k.dir}
	return k
}

// pages are what it asks: two texts, a secret beside the name of what it opens, a choice.
func (k *keeping) pages() [][]plan.Question {
	short := func(value string) error {
		if len(value) > 30 {
			return errors.New("too long")
		}
		return nil
	}
	pages := [][]plan.Question{
		{{Path: "admin_account", Prompt: "Admin account id", Kind: plan.Text, Required: true, Keep: true, Check: short}, {Path: "bucket.name", Kind: plan.Text, Keep: true, Default: "suggested"}},
		{{Path: "access_key_id", Kind: plan.Text}, {Path: "secret_access_key", Kind: plan.Secret}},
		{{Path: "bucket.policy", Kind: plan.Choice, Options: []string{"strict", "compatible"}, Default: "strict"}},
	}
	if k.free {
		pages[0] = append(pages[0], plan.Question{Path: "note", Kind: plan.Text})
	}
	return pages
}

// begin begins a run anew.
func (k *keeping) begin() *keeping {
	k.t.Helper()
	s := newSession(k.o, System{Terminal: true}, k.mode)
	k.drafts, k.given, k.asked = s.drafts(k.t.Context()), plan.Given{}, nil
	k.open = k.drafts.over(func(_ context.Context, given plan.Given, _ plan.Asks) (engine.Opened, error) {
		k.got = given
		for _, page := range k.pages() {
			if !given.Asked(page[0].Path) {
				return engine.Opened{Questions: page}, nil
			}
		}
		if given.Asked(k.refuses) {
			return engine.Opened{}, &plan.Problem{Path: k.refuses, Text: "it is not there any more"}
		}
		return engine.Opened{Flow: &engine.Flow{}}, nil
	})
	return k.next()
}

// next asks what comes next.
func (k *keeping) next() *keeping {
	k.t.Helper()
	opened, err := k.open(k.t.Context(), k.given, plan.Asks{})
	if err != nil {
		k.t.Fatal(err)
	}
	var paths []string
	k.suggestions = map[string]string{}
	for _, q := range opened.Questions {
		paths, k.suggestions[q.Path] = append(paths, q.Path), q.Default
	}
	k.opened, k.asked = opened, append(k.asked, paths)
	return k
}

// answer answers what is asked with pairs of path and value.
func (k *keeping) answer(pairs ...string) *keeping {
	k.t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		k.given[pairs[i]] = secret.New(pairs[i+1])
	}
	return k.next()
}

// asks fails the test unless these questions are asked now.
func (k *keeping) asks(paths ...string) *keeping {
	k.t.Helper()
	if last := k.asked[len(k.asked)-1]; !slices.Equal(last, paths) {
		k.t.Errorf("asked %v, want %v", last, paths)
	}
	return k
}

// leave leaves the run; it tells whether its answers are kept.
func (k *keeping) leave(s *plan.Summary) bool {
	return k.drafts.left(k.t.Context(), k.given, nil, s)
}

// files are what lies in the state directory, with what it says.
func (k *keeping) files() map[string]string {
	k.t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(k.state, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		found[path] = string(text)
		return err
	})
	if err != nil {
		k.t.Fatal(err)
	}
	return found
}

// file is the one draft that there is.
func (k *keeping) file() string {
	k.t.Helper()
	found := k.files()
	if len(found) != 1 {
		k.t.Fatalf("%d files: %v", len(found), found)
	}
	for path := range found {
		return path
	}
	return ""
}

// kept is a run that was left after its first page.
func kept(t *testing.T) *keeping {
	k := keepingAt(t).begin()
	k.asks("admin_account", "bucket.name").answer("admin_account", "111111111111", "bucket.name", "acme")
	if !k.leave(nil) {
		t.Fatal("the answers are not kept")
	}
	return k
}

func TestTheAnswersOfARunThatWasLeftAreOfferedAgain(t *testing.T) {
	k := kept(t).begin()
	k.asks(pathDraft)
	if q := k.opened.Questions[0]; !strings.Contains(q.Prompt, "Go on with the answers of ") || !strings.Contains(q.Means[goOn], "Admin account id: 111111111111; bucket.name: acme") {
		t.Errorf("%+v", q)
	}
	k.answer(pathDraft, goOn).asks("access_key_id", "secret_access_key")
	if k.got.Text("bucket.name") != "acme" || k.got.Asked(pathDraft) {
		t.Errorf("the run was given %v", k.got)
	}
	k.begin().answer(pathDraft, askAgain).asks("admin_account", "bucket.name")
	if k.suggestions["admin_account"] != "111111111111" || k.suggestions["bucket.name"] != "acme" {
		t.Errorf("suggested %v", k.suggestions)
	}
	k.begin().answer(pathDraft, startOver).asks("admin_account", "bucket.name")
	if k.suggestions["admin_account"] != "" || k.suggestions["bucket.name"] != "suggested" {
		t.Errorf("suggested %v", k.suggestions)
	}
	if k.leave(nil) {
		t.Error("it says that answers are kept which nobody has given")
	}
	if !strings.Contains(k.files()[k.file()], "acme") {
		t.Error("whoever answers nothing anew has lost the old answers")
	}
	k.begin().answer(pathDraft, startOver).answer("admin_account", "222222222222", "bucket.name", "other")
	if text := k.files()[k.file()]; strings.Contains(text, "acme") || !strings.Contains(text, "222222222222") {
		t.Errorf("after starting over: %s", text)
	}
}

func TestADraftHoldsNoSecretNorWhatStandsBesideOneAndIsPrivate(t *testing.T) {
	k := kept(t).begin()
	k.answer(pathDraft, goOn).answer("access_key_id", "AKIAIOSFODNN7EXAMPLE", "secret_access_key", "hush").asks("bucket.policy")
	k.answer("bucket.policy", "compatible")
	k.drafts.left(t.Context(), k.given, map[string]string{"secret_access_key": "hush", "access_key_id": "AKIAIOSFODNN7EXAMPLE"}, nil)
	text := k.files()[k.file()]
	for _, never := range []string{"hush", "AKIA", "access_key"} {
		if strings.Contains(text, never) {
			t.Errorf("%q is in %s", never, text)
		}
	}
	if !strings.Contains(text, "compatible") || !strings.Contains(text, "acme") {
		t.Errorf("an answer is missing in %s", text)
	}
	for path, mode := range map[string]fs.FileMode{k.file(): 0o600, filepath.Dir(k.file()): 0o700} {
		if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	// A secret that was typed into the wrong field is none of the answers either.
	k.begin().answer(pathDraft, startOver).answer("admin_account", "111111111111", "bucket.name", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
	if text := k.files()[k.file()]; strings.Contains(text, "wJalr") || !strings.Contains(text, "111111111111") {
		t.Errorf("a secret key is in %s", text)
	}
}

// TestAPartOfASecretInTheWrongFieldIsNotKept: a paste of several lines answers several
// questions, and a half of a key or a line of a certificate looks like no secret by itself.
func TestAPartOfASecretInTheWrongFieldIsNotKept(t *testing.T) {
	for _, text := range []string{
		"MIIEpAIBAAKCAQEAx4UbaDzY5xjW6hc9jwN0mX33XpTDVW6WqHp5AKaRbTAC3DXB", // a line of a private key
		"wJalrXUtnFEMI7K7MDENG",        // the first half of a secret access key
		"aws_secret_access_key = wJal", // more of it, cut off
		"IQoJb3JpZ2luX2VjEAUaCXVzLWVhc3QtMSJGMEQCIB",
	} {
		k := keepingAt(t).begin()
		k.answer("admin_account", "111111111111", "bucket.name", text)
		if kept := k.leave(nil); !kept || strings.Contains(k.files()[k.file()], text) {
			t.Errorf("answered: %q, kept %t: %v", text, kept, k.files())
		}
		k = keepingAt(t).begin()
		k.given["admin_account"] = secret.New("111111111111")
		if k.drafts.left(t.Context(), k.given, map[string]string{"bucket.name": text}, nil); strings.Contains(k.files()[k.file()], text) {
			t.Errorf("typed: %q: %v", text, k.files())
		}
	}
	// What a question does not say of itself is not kept, however harmless it looks.
	k := keepingAt(t)
	k.free = true
	k.begin().answer("admin_account", "111111111111", "bucket.name", "acme", "note", "hunter2")
	k.drafts.left(t.Context(), k.given, map[string]string{"note": "hunter2"}, nil)
	if text := k.files()[k.file()]; strings.Contains(text, "hunter2") || !strings.Contains(text, "acme") {
		t.Errorf("the draft is %s", text)
	}
	// Nor is an answer that its question refuses.
	k = keepingAt(t).begin()
	k.drafts.left(t.Context(), k.given, map[string]string{"admin_account": "thirty-one characters and more..", "bucket.name": "acme"}, nil)
	if text := k.files()[k.file()]; strings.Contains(text, "thirty") || !strings.Contains(text, "acme") {
		t.Errorf("the draft is %s", text)
	}
}

func TestWhatWasTypedOnAPageThatWasNotAnsweredIsSuggested(t *testing.T) {
	k := keepingAt(t).begin()
	if !k.drafts.left(t.Context(), k.given, map[string]string{"bucket.name": "half"}, nil) {
		t.Fatal("it is not kept")
	}
	k.begin().asks(pathDraft).answer(pathDraft, goOn).asks("admin_account", "bucket.name")
	if k.suggestions["bucket.name"] != "half" {
		t.Errorf("suggested %v", k.suggestions)
	}
}

func TestNoDraftIsWrittenWhereNothingShouldStay(t *testing.T) {
	for name, change := range map[string]func(*keeping){
		"a dry run": func(k *keeping) { k.o.DryRun = true }, "the sandbox": func(k *keeping) { k.o.Sandbox = true },
		"--yes": func(k *keeping) { k.o.Yes = true }, "--json": func(k *keeping) { k.o.JSON = true },
		"a state directory in the repository": func(k *keeping) { k.o.Dir = k.state },
	} {
		k := keepingAt(t)
		change(k)
		if k.begin(); k.drafts != nil {
			k.answer("admin_account", "111111111111", "bucket.name", "acme")
			if k.leave(nil) {
				t.Errorf("%s: it says that the answers are kept", name)
			}
		}
		if found := k.files(); len(found) > 0 {
			t.Errorf("%s: %v", name, found)
		}
	}
	if s := newSession(Options{Plain: true}, System{}, Onboard); s.drafts(t.Context()) != nil {
		t.Error("a pipe is offered what it did not come for")
	}
	k := keepingAt(t).begin()
	k.given = plan.Given{"bucket.policy": secret.New("compatible")}
	if k.next(); k.leave(nil) || len(k.files()) > 0 {
		t.Errorf("a choice alone is kept: %v", k.files())
	}
}

func TestADryRunOffersADraftAndLeavesItAsItIs(t *testing.T) {
	k := kept(t)
	before := k.files()
	k.o.DryRun = true
	k.begin().asks(pathDraft).answer(pathDraft, startOver).answer("admin_account", "222222222222", "bucket.name", "other")
	if k.leave(&plan.Summary{DryRun: true}) || len(k.files()) != 1 || k.files()[k.file()] != before[k.file()] {
		t.Errorf("it is now %v", k.files())
	}
}

func TestADraftIsOfOneRunOverOneBlueprint(t *testing.T) {
	for name, change := range map[string]func(*keeping){
		"another mode":       func(k *keeping) { k.mode = Onboard },
		"another profile":    func(k *keeping) { k.o.Profile = "work" },
		"a profile's name":   func(k *keeping) { k.t.Setenv("AWS_PROFILE", "work") },
		"another endpoint":   func(k *keeping) { k.o.Endpoint = "http://127.0.0.1:1" },
		"another blueprint":  func(k *keeping) { k.o.Blueprint += ".other" },
		"another folder":     func(k *keeping) { k.o.Dir = k.t.TempDir() },
		"what flags answer":  func(k *keeping) { k.o.Set = []string{"admin_account=333333333333", "bucket.name=mine"} },
		"the file is of one": func(k *keeping) { k.o.Profile = "work" },
	} {
		k := kept(t)
		change(k)
		k.begin().asks("admin_account", "bucket.name")
		if k.drafts.notice != "" {
			t.Errorf("%s: %s", name, k.drafts.notice)
		}
	}
	k := kept(t)
	if err := os.WriteFile(k.o.Blueprint, []byte("version = 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	k.begin().asks("admin_account", "bucket.name")
	if !strings.Contains(k.drafts.notice, "were not used: stateroom.hcl has changed since then.") {
		t.Errorf("it says %q", k.drafts.notice)
	}
}

// TestAHostileDraftIsToldAndNotUsed puts into the draft's place what somebody else could,
// and what a disk or a newer version could.
func TestAHostileDraftIsToldAndNotUsed(t *testing.T) {
	edited := func(change func(*draft)) func(*keeping, string) error {
		return func(k *keeping, path string) error {
			var d draft
			err := json.Unmarshal([]byte(k.files()[path]), &d)
			change(&d)
			text, more := json.Marshal(d)
			return errors.Join(err, more, os.WriteFile(path, text, 0o600))
		}
	}
	others := ""
	for name, c := range map[string]struct {
		put  func(*keeping, string) error
		says string
	}{
		"a link": {func(k *keeping, path string) error {
			others = filepath.Join(k.dir, "others")
			return errors.Join(os.Rename(path, others), os.Symlink(others, path))
		}, "it is a link"},
		"huge":       {func(_ *keeping, path string) error { return os.Truncate(path, maxDraft+1) }, "larger than 256 KiB"},
		"a folder":   {func(_ *keeping, path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) }, "a directory"},
		"half":       {func(_ *keeping, path string) error { return os.Truncate(path, 40) }, "is damaged"},
		"empty":      {func(_ *keeping, path string) error { return os.Truncate(path, 0) }, "is damaged"},
		"newer":      {edited(func(d *draft) { d.Version++ }), "was written by a newer stateroom"},
		"no version": {edited(func(d *draft) { d.Version = 0 }), "is damaged"},
		"foreign":    {edited(func(d *draft) { d.Of = strings.Repeat("0", 64) }), "is of another folder"},
	} {
		k := kept(t)
		if err := c.put(k, k.file()); err != nil {
			t.Fatal(err)
		}
		k.begin().asks("admin_account", "bucket.name")
		if notice := k.drafts.notice; !strings.Contains(notice, c.says) || strings.Count(notice, "\n") > 0 {
			t.Errorf("%s: it says %q", name, notice)
		}
		if name == "a folder" { // nothing can take its place, and that is no reason to fail
			continue
		}
		k.answer("admin_account", "222222222222", "bucket.name", "other")
		if k.begin(); !slices.Equal(k.asked[0], []string{pathDraft}) || k.drafts.notice != "" {
			t.Errorf("%s: new answers did not take its place (%q)", name, k.drafts.notice)
		}
	}
	if text, err := os.ReadFile(others); err != nil || strings.Contains(string(text), "222222222222") {
		t.Errorf("written through the link: %s, %v", text, err)
	}
}

func TestAnAnswerOfADraftIsJudgedLikeOneThatIsTyped(t *testing.T) {
	k := kept(t)
	path := k.file()
	put := func(answers ...draftAnswer) {
		t.Helper()
		var d draft
		err := json.Unmarshal([]byte(k.files()[path]), &d)
		d.Answers = answers
		text, more := json.Marshal(d)
		if err := errors.Join(err, more, os.WriteFile(path, text, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	put(draftAnswer{Question: "admin_account", Answer: strings.Repeat("9", 31)}, draftAnswer{Question: "bucket.name", Answer: "acme"},
		draftAnswer{Question: "bucket.policy", Answer: "none"}, draftAnswer{Question: "secret_access_key", Answer: "planted"}, draftAnswer{Question: "access_key_id", Answer: "planted"})
	k.begin().asks(pathDraft).answer(pathDraft, goOn).asks("admin_account", "bucket.name")
	if k.suggestions["admin_account"] != "" || k.suggestions["bucket.name"] != "acme" {
		t.Errorf("suggested %v", k.suggestions)
	}
	k.answer("admin_account", "111111111111", "bucket.name", "acme").asks("access_key_id", "secret_access_key")
	if k.suggestions["secret_access_key"] != "" {
		t.Errorf("suggested %v", k.suggestions)
	}
	k.answer("access_key_id", "AKIA", "secret_access_key", "hush").asks("bucket.policy")
	if k.suggestions["bucket.policy"] != "strict" {
		t.Errorf("suggested %v", k.suggestions)
	}

	// What the flow itself refuses is asked, too.
	k = kept(t)
	path = k.file()
	put(draftAnswer{Question: "admin_account", Answer: "111111111111"}, draftAnswer{Question: "bucket.name", Answer: "acme"}, draftAnswer{Question: "bucket.policy", Answer: "compatible"})
	k.refuses = "admin_account"
	k.begin().given["access_key_id"] = secret.New("AKIA")
	k.given["secret_access_key"] = secret.New("hush")
	k.answer(pathDraft, goOn).asks("admin_account", "bucket.name")
}

func TestADraftGoesWithTheEndOfItsRunAndStaysWithAnyOther(t *testing.T) {
	for name, c := range map[string]struct {
		ended *plan.Summary
		wrote bool
		stays bool
	}{
		"made":                {&plan.Summary{Applied: 3}, false, false},
		"nothing to change":   {&plan.Summary{}, false, false},
		"findings remain":     {&plan.Summary{Findings: []plan.Finding{{Severity: plan.Warning}}}, false, false},
		"never looked":        {nil, false, true},
		"left":                {&plan.Summary{Left: true}, false, true},
		"declined":            {&plan.Summary{Declined: true}, false, true},
		"interrupted":         {&plan.Summary{Stopped: true, Applied: 1}, false, true},
		"a change failed":     {&plan.Summary{Applied: 1, Failed: 1}, false, true},
		"failed, but written": {&plan.Summary{Applied: 1, Failed: 1}, true, false},
	} {
		k := kept(t)
		if c.wrote {
			if err := os.WriteFile(k.o.Blueprint, []byte("version = 1\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got := k.leave(c.ended); got != c.stays || len(k.files()) != map[bool]int{true: 1}[c.stays] {
			t.Errorf("%s: kept %t, %v", name, got, k.files())
		}
	}
}

// TestARefusalSaysThatAnswersAreKeptOnlyWhereTheyAre answers a question in lines and is then
// refused: what is said is what lies on the disk.
func TestARefusalSaysThatAnswersAreKeptOnlyWhereTheyAre(t *testing.T) {
	asks := &Mode{Mode: tui.SetUp, piped: true, open: func(*session, context.Context) (engine.Open, plan.Given, error) {
		return func(_ context.Context, given plan.Given, _ plan.Asks) (engine.Opened, error) {
			if !given.Asked("bucket.name") {
				return engine.Opened{Questions: []plan.Question{{Path: "bucket.name", Prompt: "Name", Kind: plan.Text, Keep: true}}}, nil
			}
			return engine.Opened{}, &plan.Refusal{Finding: "x", What: "No.", Remedy: "Try.", Tried: []plan.Fact{{Name: "a", Value: "b"}}}
		}, plan.Given{}, nil
	}}
	for name, c := range map[string]struct {
		change func(*Options)
		pipe   bool
		keeps  bool
	}{
		"for real":        {func(*Options) {}, false, true},
		"a dry run":       {func(o *Options) { o.DryRun = true }, false, false},
		"the sandbox":     {func(o *Options) { o.Sandbox = true }, false, false},
		"through a pipe":  {func(*Options) {}, true, false},
		"said yes before": {func(o *Options) { o.Yes = true }, false, false},
	} {
		k := keepingAt(t)
		k.o.Plain = true
		c.change(&k.o)
		var out strings.Builder
		_, err := Lines(t.Context(), k.o, System{In: strings.NewReader("acme\nq\n"), Out: &out, Err: &out, Terminal: !c.pipe}, asks)
		said, written := strings.Count(out.String(), "Your answers are kept"), len(k.files()) > 0
		if !errors.As(err, new(ShownError)) || !strings.Contains(out.String(), "Nothing was changed.") {
			t.Errorf("%s: %v\n%s", name, err, out.String())
		}
		if said > 0 != c.keeps || written != c.keeps {
			t.Errorf("%s: it says %d times that the answers are kept, and on the disk is %v", name, said, k.files())
		}
		if k.o.Yes == strings.Contains(out.String(), "r tries again") {
			t.Errorf("%s: it asked what to do:\n%s", name, out.String())
		}
	}
}

// TestALongAnswerIsAbridgedAtItsParts, and says how many are left out.
func TestALongAnswerIsAbridgedAtItsParts(t *testing.T) {
	for answer, want := range map[string]string{
		"eu-west-1": "eu-west-1",
		"staging=222222222222,preprod=333333333333,production=444444444444": "staging=222222222222 and 2 more",
		"alice, bob, carol, dave, erin, frank, grace, heidi":                "alice, bob, carol, dave, erin, frank and 2 more",
		strings.Repeat("a", 50):        strings.Repeat("a", 39) + "…",
		strings.Repeat("a", 50) + ",b": strings.Repeat("a", 39) + "… and 1 more",
	} {
		if got := abridged(answer); got != want {
			t.Errorf("%s is told as %q, want %q", answer, got, want)
		}
	}
}
