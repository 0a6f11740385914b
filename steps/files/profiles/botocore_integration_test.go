//go:build integration

package profiles

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"stateroom/steps/files"
)

// botocoreFiles is how many generated files the AWS CLI's own reader judges.
const botocoreFiles = 3000

// judgement is what botocore is asked about one edit: before and after of a file,
// and what the edited profile must hold.
type judgement struct {
	Kind, Name, Before, After string
	Set                       map[string]string
}

// botocoreJudges reads both texts as the AWS CLI does and prints what differs in
// any other profile, or is not as intended in the edited one. A file that botocore
// could not read before the edit says nothing.
const botocoreJudges = `
import json, os, sys, tempfile
import botocore.configloader as loader, botocore.exceptions as problems
compared = 0
path = os.path.join(tempfile.mkdtemp(), "file")
def read(kind, text):
    with open(path, "w", encoding="utf-8", newline="") as f:
        f.write(text)
    if kind == "config":
        return loader.load_config(path)["profiles"]
    return loader.raw_config_parse(path)
for n, j in enumerate(json.load(sys.stdin)):
    try:
        before = read(j["Kind"], j["Before"])
    except Exception:
        continue
    compared += 1
    try:
        after = read(j["Kind"], j["After"])
    except Exception as e:
        print(n, "cannot be read any more:", type(e).__name__, repr(j))
        continue
    for name in set(before) | set(after):
        if name != j["Name"] and before.get(name) != after.get(name):
            print(n, "profile", name, "was", before.get(name), "and is", after.get(name), repr(j))
    for key, value in j["Set"].items():
        if after.get(j["Name"], {}).get(key) != value:
            print(n, key, "is", after.get(j["Name"], {}).get(key), repr(j))
print("compared", compared)
`

// TestBotocoreSeesNoCollateralChange lets the AWS CLI's reader judge the files that
// [TestGeneratedFilesSeeNoCollateralChange] lets the AWS SDK for Go judge.
func TestBotocoreSeesNoCollateralChange(t *testing.T) {
	var all []judgement
	for n := uint64(1); n <= botocoreFiles; n++ {
		g := generator{rand.New(rand.NewPCG(n, 11))}
		kind := Kind(g.IntN(2))
		old, e := g.file(kind), g.edit()
		edit, err := Edit(kind, files.Snapshot{Path: "file", Bytes: files.Content(old)}, e)
		if err != nil {
			continue
		}
		j := judgement{kind.String(), e.Name, old, string(edit.After), map[string]string{}}
		for _, kv := range e.Set {
			j.Set[kv.Key] = kv.Value.Reveal()
		}
		all = append(all, j)
	}
	asked, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	input := filepath.Join(t.TempDir(), "asked.json")
	if err := os.WriteFile(input, asked, 0o600); err != nil {
		t.Fatal(err)
	}
	stdin, err := os.Open(input)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stdin.Close() }()
	cmd := exec.CommandContext(t.Context(), python(t), "-c", botocoreJudges)
	cmd.Stdin = stdin
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var compared int
	if n, err := fmt.Sscanf(string(out), "compared %d", &compared); n != 1 || err != nil {
		t.Fatalf("botocore says:\n%.4000s", out)
	}
	t.Logf("%d edits, %d compared", len(all), compared)
	if compared < botocoreFiles/10 {
		t.Error("so few were compared that the test says little")
	}
}

// python is an interpreter that has botocore: the one of the AWS CLI on PATH, as in
// .ci/run, or the one that .ci/run keeps.
func python(t *testing.T) string {
	t.Helper()
	var candidates []string
	if cli, err := exec.LookPath("aws"); err == nil {
		if cli, err = filepath.EvalSymlinks(cli); err == nil {
			candidates = append(candidates, filepath.Join(filepath.Dir(cli), "python"))
		}
	}
	if cache, err := os.UserCacheDir(); err == nil {
		candidates = append(candidates, filepath.Join(cache, "stateroom-ci", "venv", "bin", "python"))
	}
	for _, path := range candidates {
		if exec.CommandContext(t.Context(), path, "-c", "import botocore").Run() == nil {
			return path
		}
	}
	t.Fatalf("none of %v has botocore: .ci/run brings one", candidates)
	return ""
}
