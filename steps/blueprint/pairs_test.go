package blueprint

import (
	"fmt"
	"strings"
	"testing"

	"stateroom/awsops"
)

// TestWhateverAccountsAreCalledTheyCanBeEnvironments: the names of accounts are anybody's
// to choose, and need not differ. Nobody's account is lost to another's.
func TestWhateverAccountsAreCalledTheyCanBeEnvironments(t *testing.T) {
	t.Parallel()
	d := &Discovery{}
	names := []string{"prod", "Prod", "PROD ", "prod.eu", "prod eu", "_", "__x", "--yes", "日本 (本番)", "a=b,c=d", "x\"}\n$(id)", "\x1b[2Jred\u202e", "", "staging", strings.Repeat("Z", 50), strings.Repeat("z", 50), strings.Repeat("é", 50) + "q"}
	for i, name := range names {
		d.Accounts = append(d.Accounts, awsops.Account{ID: fmt.Sprintf("%012d", 200000000000+i), Name: name, State: "ACTIVE"})
	}
	offered := d.Environments("111111111111")
	b := &Blueprint{Version: 1, AdminAccount: "111111111111"}
	if err := b.answer("environment", offered); err != nil {
		t.Fatalf("%v in %s", err, offered)
	}
	if len(b.Environments) != len(names) {
		t.Errorf("%d of %d accounts are environments: %s", len(b.Environments), len(names), offered)
	}
	for _, e := range b.Environments {
		if !labelPattern.MatchString(e.Name) {
			t.Errorf("%q is not a valid name", e.Name)
		}
	}
	if want := "staging=200000000013"; !strings.Contains(offered, want) {
		t.Errorf("%s is not in %s", want, offered)
	}
}

// TestAnEnvironmentThatIsNamedTwiceIsRefused: the second would take the account of the
// first.
func TestAnEnvironmentThatIsNamedTwiceIsRefused(t *testing.T) {
	t.Parallel()
	b := &Blueprint{Version: 1, AdminAccount: "111111111111"}
	if err := b.Answer("environment", "prod=222222222222, prod=333333333333"); err == nil || !strings.Contains(err.Error(), "prod is named twice") {
		t.Errorf("got %v", err)
	}
}
