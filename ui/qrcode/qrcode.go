// Package qrcode draws a QR code with the characters of a terminal, for plain
// lines and for the screens alike. What is in the code, and whether it fits, is
// its callers' business.
package qrcode

import (
	"strings"

	"rsc.io/qr"
)

// Lines draws a code with a border of quiet modules. With blocks two modules lie
// in one cell, else one takes two cells. On a dark background the light modules
// are drawn in the foreground, on a light one the dark ones.
func Lines(code *qr.Code, quiet int, dark, blocks bool) []string {
	lit := func(x, y int) bool { return code.Black(x, y) != dark }
	rows := 1
	if blocks {
		rows = 2
	}
	var lines []string
	for y := -quiet; y < code.Size+quiet; y += rows {
		var line strings.Builder
		for x := -quiet; x < code.Size+quiet; x++ {
			line.WriteString(cell(blocks, lit(x, y), lit(x, y+1)))
		}
		lines = append(lines, line.String())
	}
	return lines
}

// cell is one module as two characters, or two modules as one.
func cell(blocks, upper, lower bool) string {
	switch {
	case !blocks && upper:
		return "##"
	case !blocks:
		return "  "
	case upper && lower:
		return "█"
	case upper:
		return "▀"
	case lower:
		return "▄"
	}
	return " "
}
