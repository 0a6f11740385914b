package tui

import (
	"strings"

	"rsc.io/qr"

	"stateroom/awsops/secret"
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

// drawQR draws two modules into one cell where there are half blocks, and one
// into two cells where there are none.
func drawQR(t *theme.Theme, code *qr.Code, quiet int) []string {
	dark := t.Dark()
	// lit tells whether a module is drawn in the foreground: on a dark terminal
	// the light ones are, on a light one the dark ones.
	lit := func(x, y int) bool { return code.Black(x, y) != dark }
	var lines []string
	if !t.Glyphs.Blocks() {
		for y := -quiet; y < code.Size+quiet; y++ {
			var line strings.Builder
			for x := -quiet; x < code.Size+quiet; x++ {
				line.WriteString(map[bool]string{true: "##", false: "  "}[lit(x, y)])
			}
			lines = append(lines, t.Picture.Render(line.String()))
		}
		return lines
	}
	for y := -quiet; y < code.Size+quiet; y += 2 {
		var line strings.Builder
		for x := -quiet; x < code.Size+quiet; x++ {
			line.WriteString(map[[2]bool]string{
				{true, true}: "█", {true, false}: "▀", {false, true}: "▄", {false, false}: " ",
			}[[2]bool{lit(x, y), lit(x, y+1)}])
		}
		lines = append(lines, t.Picture.Render(line.String()))
	}
	return lines
}
