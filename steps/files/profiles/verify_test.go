package profiles

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stateroom/steps/files"
	"stateroom/steps/files/filestest"
)

func TestVerifierStopsTheWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "credentials")
	filestest.Put(t, path, "[x]\naws_access_key_id = half\n", 0o600)
	e, err := Edit(Credentials, mustRead(t, path), region("x"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err = files.Write(context.Background(), e, t.TempDir()); err == nil || !strings.Contains(err.Error(), "partial credentials") {
		t.Fatalf("the SDK cannot load half a key, got %v", err)
	}
	entries, _ := os.ReadDir(dir)
	if len(entries) != 1 {
		t.Fatalf("a refused write left %v", entries)
	}
}

func TestAnEditMayFollowAnotherWhoseValuesAreNotKnownYet(t *testing.T) {
	for name, before := range map[string]string{"new": "", "there": "# mine\n[x]\nregion = us-east-1\n"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "home", "credentials")
			if before != "" {
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(before), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			file, err := files.Read(path)
			if err != nil {
				t.Fatal(err)
			}
			first, err := Edit(Credentials, file, Wanted{Name: "a", Set: []KeyValue{KV(AccessKeyID, "LATER"), KV(SecretAccessKey, "LATER")}})
			if err != nil {
				t.Fatal(err)
			}
			second, err := Edit(Credentials, first.Result(), Wanted{Name: "b", Set: []KeyValue{KV(AccessKeyID, "B"), KV(SecretAccessKey, "B")}})
			if err != nil {
				t.Fatal(err)
			}
			fill := func(text string) (string, error) { return strings.ReplaceAll(text, "LATER", "NOW"), nil }
			for _, e := range []files.Edit{first, second} {
				filled, err := e.Filled(fill)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := files.Write(t.Context(), filled, t.TempDir()); err != nil {
					t.Fatal(err)
				}
			}
			got, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			text := string(got)
			if !strings.HasPrefix(text, before) || strings.Count(text, "NOW") != 2 || !strings.Contains(text, "[b]") {
				t.Errorf("the file is\n%s", text)
			}
			if again, err := second.Filled(fill); err != nil {
				t.Fatal(err)
			} else if _, err := files.Write(t.Context(), again, t.TempDir()); !errors.Is(err, files.ErrChangedMeanwhile) {
				t.Errorf("an edit of what is no longer there: %v", err)
			}
		})
	}
}
