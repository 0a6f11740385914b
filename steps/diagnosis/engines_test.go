package diagnosis

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestWhatEveryEngineSaysOfEveryFaultIsRead reads what the engines themselves printed
// when they met the faults of the lab, which no run of every day has all of. The texts in
// testdata/engines are written by ui/practice's table of faults:
//
//	go test -tags integration -run TerraformMeets ./ui/practice -args -record ../../steps/diagnosis/testdata/engines
func TestWhatEveryEngineSaysOfEveryFaultIsRead(t *testing.T) {
	engines, err := filepath.Glob("testdata/engines/*")
	if err != nil || len(engines) < 5 {
		t.Fatalf("engines %v, %v", engines, err)
	}
	for _, dir := range engines {
		known, err := os.ReadFile(filepath.Join(dir, "expected.json"))
		if err != nil {
			t.Fatal(err)
		}
		var expected map[string][]string
		if err := json.Unmarshal(known, &expected); err != nil {
			t.Fatal(err)
		}
		texts, err := filepath.Glob(filepath.Join(dir, "*.txt"))
		if err != nil || len(texts) != len(expected) || len(texts) == 0 {
			t.Errorf("%s has %d texts, of which %d are expected: %v", dir, len(texts), len(expected), err)
		}
		for name, want := range expected {
			text, err := os.ReadFile(filepath.Join(dir, name+".txt"))
			if err != nil {
				t.Error(err)
				continue
			}
			var got []string
			for _, m := range FromText(string(text)) {
				if !slices.Contains(got, m.ID) {
					got = append(got, m.ID)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: %s leads to %v, not to %v", dir, name, got, want)
			}
		}
	}
}
