package qrcode

import (
	"strings"
	"testing"

	"rsc.io/qr"
)

func TestModulesOfACodeAreDrawnAndItsBorderIsLight(t *testing.T) {
	code, err := qr.Encode("otpauth://totp/alice?secret=ABC", qr.L)
	if err != nil {
		t.Fatal(err)
	}
	const quiet = 2
	for _, dark := range []bool{true, false} {
		wide := Lines(code, quiet, dark, false)
		if len(wide) != code.Size+2*quiet {
			t.Fatalf("%d lines for %d modules", len(wide), code.Size)
		}
		for y, line := range wide {
			for x := range code.Size + 2*quiet {
				black := code.Black(x-quiet, y-quiet)
				want := "  "
				if black != dark {
					want = "##"
				}
				if got := line[2*x : 2*x+2]; got != want {
					t.Fatalf("dark %v, module %d,%d is %q, want %q", dark, x, y, got, want)
				}
			}
		}
		small := Lines(code, quiet, dark, true)
		if want := (code.Size + 2*quiet + 1) / 2; len(small) != want || len([]rune(small[0])) != code.Size+2*quiet {
			t.Errorf("dark %v: %d lines of %d cells", dark, len(small), len([]rune(small[0])))
		}
		if dark && strings.Trim(small[0], "█") != "" {
			t.Errorf("the border on a dark background is %q", small[0])
		}
	}
}
