package practice

import (
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"stateroom/steps/diagnosis"
	"stateroom/ui/learn"
)

func TestTheCourseHasEveryFaultOnceAndBeginsWithTheArticlesTwoCases(t *testing.T) {
	t.Parallel()
	var taught []string
	for i, c := range Course() {
		if len(c.Faults) != len(strings.Fields(chapters[i].faults)) || c.About == "" {
			t.Errorf("chapter %s has a fault that there is not", c.Title)
		}
		for _, f := range c.Faults {
			taught = append(taught, f.Name)
		}
	}
	if taught[0] != "profile-missing-name" || Course()[1].Faults[0].Name != "s3-list-denied" {
		t.Errorf("it begins with %s", taught[0])
	}
	slices.Sort(taught)
	var all []string
	for _, f := range Faults() {
		all = append(all, f.Name())
	}
	if !slices.Equal(taught, all) {
		t.Errorf("taught are %v\nthere are %v", taught, all)
	}
}

// TestALessonSaysWhatTerraformSaysAndLeadsToTheCauseStepByStep: what is shown as
// Terraform's text has to be one that the program itself reads as this cause.
func TestALessonSaysWhatTerraformSaysAndLeadsToTheCauseStepByStep(t *testing.T) {
	t.Parallel()
	for _, f := range Faults() {
		l := f.Lesson()
		if l.Goal == "" || l.Says == "" || l.Short == "" || len(l.Short) > 50 || l.Fix == "" || len(l.Hints) != 3 || slices.Contains(l.Hints, "") || l.Hints[2] != f.About {
			t.Errorf("%s has no whole lesson: %+v", f.Name(), l)
			continue
		}
		if beyond := particular[f.Name()].beyond != ""; l.Find != beyond {
			t.Errorf("%s: to be found %t, beyond who practices %t", f.Name(), l.Find, beyond)
		}
		for _, hint := range l.Hints[:2] {
			if !strings.HasSuffix(hint, ".") && !strings.HasSuffix(hint, "?") || strings.Contains(hint, f.About) {
				t.Errorf("%s: %q", f.Name(), hint)
			}
		}
		leads := append(slices.Clone(particular[f.Name()].says), f.Diagnosis.ID) // the text alone may lead elsewhere
		named := slices.ContainsFunc(diagnosis.FromText(l.Says), func(m diagnosis.Match) bool { return slices.Contains(leads, m.ID) })
		if !named && !strings.HasSuffix(l.Says, "…") { // else what names it may come after
			t.Errorf("%s: %q is read as %v", f.Name(), l.Says, diagnosis.FromText(l.Says))
		}
	}
}

func TestProgressIsKeptPrivatelyAndTheBestCounts(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state", "stateroom")
	p := LoadProgress(t.Context(), dir)
	if len(p.Points) != 0 || p.Points == nil {
		t.Errorf("nobody has learned %+v", p)
	}
	p = p.With("kms-disabled", 1, false).With("kms-disabled", learn.MostPoints, false).With("kms-disabled", 0, true).With("lock-held", 0, true)
	if err := SaveProgress(t.Context(), dir, p); err != nil {
		t.Fatal(err)
	}
	if got := LoadProgress(t.Context(), dir); !maps.Equal(got.Points, map[string]int{"kms-disabled": 3, "lock-held": 0}) || got.Surprises != 2 || got.Won != 0 {
		t.Errorf("%+v", got)
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("left behind: %v", files)
	}
	if info, err := os.Stat(filepath.Join(dir, progressFile)); err != nil || runtime.GOOS != "windows" && info.Mode() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if err := os.WriteFile(filepath.Join(dir, progressFile), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if p := LoadProgress(t.Context(), dir); len(p.Points) != 0 || p.Points == nil {
		t.Errorf("of half a file: %+v", p)
	}
}
