package tui

import (
	"rsc.io/qr"

	"stateroom/awsops/secret"
	"stateroom/ui/qrcode"
	"stateroom/ui/tui/theme"
)

// quietZones are the widths of the light border to try, in modules: the
// standard's, and what today's cameras make do with.
var quietZones = []int{4, 2, 1}

// fitQR draws the first of the links that fits, with as much of a border as
// there is room for. Without one that fits it says how many columns and lines of
// a terminal the smallest takes.
func fitQR(t *theme.Theme, links []secret.Secret, width, height int) (lines []string, needs [2]int) {
	for _, quiet := range quietZones {
		for _, link := range links {
			code, err := qr.Encode(link.Reveal(), qr.L)
			if err != nil {
				continue // too long for any code; a shorter one follows
			}
			columns := code.Size + 2*quiet
			rows := (columns + 1) / 2
			if !t.Glyphs.Blocks() {
				columns, rows = 2*columns, columns
			}
			if columns <= width && rows <= height {
				return drawQR(t, code, quiet), needs
			}
			needs = [2]int{columns + textWidth + 4, rows + headerHeight + footerHeight}
		}
	}
	return nil, needs
}

// drawQR draws the code in the looks of the theme.
func drawQR(t *theme.Theme, code *qr.Code, quiet int) []string {
	lines := qrcode.Lines(code, quiet, t.Dark(), t.Glyphs.Blocks())
	for i := range lines {
		lines[i] = t.Picture.Render(lines[i])
	}
	return lines
}
