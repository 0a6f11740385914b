package blueprint

import (
	"os"
	"path/filepath"
	"testing"
)

// TestAnAdoptionIsOfAPlaceHoweverItIsSpelt agrees to a project's directory through
// a link, and by a path from here.
func TestAnAdoptionIsOfAPlaceHoweverItIsSpelt(t *testing.T) {
	base := t.TempDir()
	t.Chdir(base)
	dir := filepath.Join(base, "live", "production")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("live", "linked"); err != nil {
		t.Fatal(err)
	}
	for given, want := range map[string]bool{
		dir: true, "live/production": true, "linked/production/": true, "live/prod": false, "live": false, "arn:aws:s3:::live": false,
	} {
		a := Answers{Adopt: []string{given}}
		if got := a.Adopted(dir); got != want {
			t.Errorf("--adopt %s: %t, want %t", given, got, want)
		}
	}
	if (&Answers{Adopt: []string{"live/production"}}).Adopted("arn:aws:s3:::acme") {
		t.Error("a path is no ARN")
	}
}
