package profiles

import "testing"

// TestAKeyLeavesAFileWithNothingElseOfIt but for the section in which more than the key was:
// what was there before the section was made is there again, byte for byte.
func TestAKeyLeavesAFileWithNothingElseOfIt(t *testing.T) {
	t.Parallel()
	const pair = "aws_access_key_id = AKIAX\naws_secret_access_key = s/e\n"
	for name, c := range map[string]struct{ old, want string }{
		"alone":                   {"[a]\n" + pair, ""},
		"at the end":              {"[b]\nregion = x\n\n[a]\n" + pair, "[b]\nregion = x\n"},
		"in the middle":           {"# mine\n[b]\nx = 1\n\n[a]\n" + pair + "\n[c]\ny = 2\n", "# mine\n[b]\nx = 1\n\n[c]\ny = 2\n"},
		"with a session's":        {"[a]\r\naws_access_key_id=ASIAX\r\naws_secret_access_key=s\r\naws_session_token=t\r\naws_security_token=t\r\n", ""},
		"half a key":              {"[a]\naws_secret_access_key = s\n[c]\n", "[c]\n"},
		"beside a region":         {"[a]\nregion = x\n" + pair, "[a]\nregion = x\n"},
		"beside a comment":        {"[a]\n# of work\n" + pair, "[a]\n# of work\n"},
		"of another profile only": {"[b]\n" + pair, "[b]\n" + pair},
		"an empty section":        {"[a]\n\n[b]\n", "[a]\n\n[b]\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := credentials(c.old)
			for range 2 {
				edit, err := EditAll(Credentials, file, []Wanted{WithoutKeys("a")})
				if err != nil {
					t.Fatal(err)
				}
				if string(edit.After) != c.want {
					t.Errorf("is %q, not %q", edit.After, c.want)
				}
				file = edit.Result()
			}
		})
	}
}

// TestAKeyThatMovesLeavesTheRestAsItWas: to another section and then out of the file.
func TestAKeyThatMovesLeavesTheRestAsItWas(t *testing.T) {
	t.Parallel()
	const before, after = "[x]\nregion = a ; b\n\n", "[y]\noutput = json\n"
	file := credentials(before + "[a]\naws_access_key_id = AKIAX\naws_secret_access_key = s/e\n\n" + after)
	aside, err := EditAll(Credentials, file, []Wanted{WithoutKeys("a"), KeyPair("a-aside", "AKIAX", "s/e")})
	if err != nil {
		t.Fatal(err)
	}
	if id := KeyID(aside.Result(), "a-aside"); id != "AKIAX" || KeyID(aside.Result(), "a") != "" {
		t.Errorf("moved to %q", aside.After)
	}
	gone, err := EditAll(Credentials, aside.Result(), []Wanted{WithoutKeys("a-aside")})
	if err != nil {
		t.Fatal(err)
	}
	if string(gone.After) != before+after {
		t.Errorf("is %q", gone.After)
	}
}
