package terraform

import (
	"regexp"
	"strings"
)

// ansiCode matches the control sequences that the engines print.
var ansiCode = regexp.MustCompile(`\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[@-Z\\-_])`)

// boxes takes out the box that the engines draw around a diagnostic.
var boxes = strings.NewReplacer("╷", " ", "│", " ", "╵", " ")

// Fold makes one line of a human text: ANSI codes and box characters are gone,
// and every run of white space is one space. Terraform wraps its texts at 78
// columns, so that only folded text can be matched.
func Fold(text string) string {
	return strings.Join(strings.Fields(boxes.Replace(stripANSI(text))), " ")
}

func stripANSI(text string) string { return ansiCode.ReplaceAllString(text, "") }
