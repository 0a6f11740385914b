package files

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/windows"
)

// TestASecretsFileIsItsOwnersAlone: as mode 0600 has it elsewhere, whatever the folder
// gives to others. A file for everybody keeps what the folder gives.
func TestASecretsFileIsItsOwnersAlone(t *testing.T) {
	me, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	list := func(name string) string {
		sd, err := windows.GetNamedSecurityInfo(name, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
		if err != nil {
			t.Fatal(err)
		}
		return sd.String()
	}
	write := func(name string, edit Edit) string {
		if edit.Before, err = Read(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		if _, err := Write(t.Context(), edit, filepath.Join(dir, "state")); err != nil {
			t.Fatal(err)
		}
		return filepath.Join(dir, name)
	}
	open := filepath.Join(dir, "was-open")
	if err := os.WriteFile(open, []byte("old"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"new", "was-open"} {
		got := list(write(name, Edit{After: Content("secret"), Mode: 0o600}))
		if strings.Count(got, "(A;") != 1 || !strings.Contains(got, me.User.Sid.String()+")") {
			t.Errorf("%s is open to %s", name, got)
		}
	}
	if got := list(write("main.tf", Edit{After: Content("x"), Mode: 0o644})); strings.HasPrefix(got, "D:P") {
		t.Errorf("main.tf is closed: %s", got)
	}
}
